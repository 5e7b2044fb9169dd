"""The pipeline: audio -> log-mel -> chunks -> model -> activations -> events -> beats.

The command line, evaluation and training's validation all construct ``Transcriber``; each step is a
function of its own that can be used alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np

from drumscribe.config import InferenceConfig
from drumscribe.data.audio_level import levelled_blocks
from drumscribe.data.log_mel import log_mel_blocks
from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.inference.beats import find_tempo
from drumscribe.inference.chunking import Chunk, keep_middle, split
from drumscribe.inference.peak_picking import EventPicker
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.inference.tempo_hints import NO_HINTS, TempoHints
from drumscribe.models.frame_model import Activations, FrameModel
from drumscribe.tempo import TempoMap
from drumscribe.timing import samples_to_seconds, seconds_to_frame
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.overlap import overlapped

_LONG_S = 1800.0
"""Of longer recordings hits and beats take so much memory that the model's is wanted back."""

_LOOK_SHARE = 0.1
"""Of a recording's work: finding its level, for which it is decoded once."""

_LENGTH_STEP_S = 1.0
"""Last chunks are rounded up to it: a GPU plans anew for each length that it meets."""


@dataclass(frozen=True)
class Transcription:
    """What was heard in a recording.

    Attributes:
        events: the hits in order of time.
        kit: the kit their names belong to.
        duration_s: length of the recording in seconds.
        tempo: its beats and bars.
    """

    events: list[DrumEvent]
    kit: Kit
    duration_s: float
    tempo: TempoMap


@dataclass(frozen=True)
class Heard:
    """What the model makes of a recording.

    Attributes:
        events: the hits in order of time.
        beat: activations of beats and downbeats, shape (T, 2); ``None`` from models without.
        duration_s: length of the recording in seconds.
    """

    events: list[DrumEvent]
    beat: FloatArray | None
    duration_s: float


class Picker(Protocol):
    """Decides what the hits of a recording's activations are, which come in parts."""

    def push(self, part: Activations) -> None:
        """Take the next part, arrays of shape (t, C)."""

    def finish(self) -> list[DrumEvent]:
        """The hits of all parts in order of time."""


class Transcriber:
    """Turns recordings into drum events with one model.

    Args:
        model: any frame model.
        config: chunk lengths, and peak picking where it differs from the model's own.
        thresholds: thresholds that replace the model's own, by class name.

    Raises:
        DrumscribeError: when a threshold names no class of the model's kit, or is not 0..1.
    """

    def __init__(
        self,
        model: FrameModel,
        config: InferenceConfig,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self.model = model
        self._config = config
        self.kit = model.header.kit
        self.settings = PickerSettings.of(model.header, config, thresholds)

    def transcribe(
        self,
        path: str | PathLike[str],
        on_progress: Callable[[float], None] | None = None,
        hints: TempoHints = NO_HINTS,
    ) -> Transcription:
        """Transcribe an audio file of any length.

        Args:
            path: the recording.
            on_progress: called with seconds of audio that have just been done; together they are
                its length.
            hints: what is known of its tempo and bars.

        Raises:
            DrumscribeError: when the file cannot be decoded, the hints do not fit it, or
                torch runs out of a GPU's memory.
        """
        audio = Path(path)

        def tell(seconds: float, share: float) -> None:
            if on_progress is not None:
                on_progress(share * seconds)

        def told() -> Iterator[FloatArray]:
            for block in levelled_blocks(audio, on_look=lambda seconds: tell(seconds, _LOOK_SHARE)):
                tell(samples_to_seconds(len(block)), 1 - _LOOK_SHARE)
                yield block

        heard = self.hear(told())
        try:
            tempo = self.tempo(heard, hints)
        except DrumscribeError as error:
            raise DrumscribeError(f"{path}: {error}") from error
        return Transcription(heard.events, self.kit, heard.duration_s, tempo)

    def hear(
        self,
        blocks: Iterable[FloatArray],
        on_activations: Callable[[Activations], None] | None = None,
    ) -> Heard:
        """The hits of a recording that comes in blocks.

        Args:
            blocks: mono samples at ``SAMPLE_RATE`` as floats of any width, best at full scale
                (``data/audio_level.py``).
            on_activations: called with the activations of each part, one after the other, arrays
                of shape (t, C) and (t, 2).

        Returns:
            The hits and beat activations of all blocks, and their length.

        Raises:
            DrumscribeError: when a block is of whole numbers or of several channels, or torch runs
                out of a GPU's memory; else whatever ``blocks`` raises.
        """
        n_samples = 0

        def counted() -> Iterator[FloatArray]:
            nonlocal n_samples
            for block in blocks:
                n_samples += np.size(block)  # a lone number too: it is refused further down
                yield block

        picker = self._picker()
        beats = bytearray()  # which grows in its place, where parts would be in memory twice
        for part in self._parts(log_mel_blocks(counted(), self.model.header.features)):
            picker.push(part)
            if part.beat is not None:
                beats += part.beat.tobytes()
            if on_activations is not None:
                on_activations(part)
        duration_s = samples_to_seconds(n_samples)
        if duration_s > _LONG_S:
            self.model.free_memory()
        beat = np.frombuffer(beats, np.float32).reshape(-1, 2) if beats else None
        return Heard(picker.finish(), beat, duration_s)

    def tempo(self, heard: Heard, hints: TempoHints = NO_HINTS) -> TempoMap:
        """Beats and bars of what was heard; errors as ``find_tempo``."""
        return find_tempo(
            heard.events, self.kit, heard.beat, duration_s=heard.duration_s, hints=hints
        )

    def activations(self, log_mel: Iterable[FloatArray]) -> Activations:
        """The model's activations over a recording.

        Args:
            log_mel: its log-mel in blocks of shape (t, F).

        Returns:
            Arrays of shape (T, C) and (T, 2), T the frames of all blocks.

        Raises:
            DrumscribeError: as ``hear``.
        """
        parts: dict[str, list[FloatArray]] = {}
        for part in self._parts(log_mel):
            for name, head in part.heads().items():
                parts.setdefault(name, []).append(head)
        # One head after the other, so that only one is in memory twice.
        return Activations.of_heads({name: np.concatenate(parts.pop(name)) for name in list(parts)})

    def events(self, activations: Activations) -> list[DrumEvent]:
        """The hits that the activations of a whole recording, (T, C), show, as ``hear`` does."""
        picker = self._picker()
        picker.push(activations)
        return picker.finish()

    def _picker(self) -> Picker:
        return EventPicker(self.settings)

    def _parts(self, log_mel: Iterable[FloatArray]) -> Iterator[Activations]:
        """The activations of a recording, chunk by chunk, while the next chunk is read."""
        border_frames = seconds_to_frame(self._config.border_s)
        chunks = split(
            log_mel,
            chunk_frames=seconds_to_frame(self._config.chunk_s),
            border_frames=border_frames,
            step_frames=seconds_to_frame(_LENGTH_STEP_S),
        )

        def heard(chunk: Chunk) -> Activations:
            # Copies, as a part that is kept would hold the whole.
            return self.model(chunk.log_mel[None]).mapped(
                lambda head: keep_middle(head[0], chunk, border_frames=border_frames).copy()
            )

        return overlapped(heard, chunks, n_at_once=self.model.n_at_once)


def spread_over_kit(thresholds: Mapping[str, float], kit: Kit) -> dict[str, float]:
    """Thresholds of drums, where one called "" is that of every drum but those named."""
    named = dict(thresholds)
    if "" not in named:
        return named
    return dict.fromkeys(kit.names, named.pop("")) | named
