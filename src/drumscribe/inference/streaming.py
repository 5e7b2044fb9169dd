"""Drum events while the sound is still being made, by a causal model.

samples -> log-mel frame by frame -> model with its state -> the first frame that reaches the
threshold -> events. Every frame goes through alone, so the events are the same to the last bit
however the samples are cut into blocks. T frames, F mel bands, C drum classes.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter

import numpy as np

from drumscribe.config import InferenceConfig
from drumscribe.data.log_mel import LogMelStream, mono_float32
from drumscribe.events import DrumEvent
from drumscribe.inference.doubled_toms import doubled_toms
from drumscribe.inference.peak_picking import gap_frames, midi_velocities
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.onnx_model import OnnxFrameModel
from drumscribe.timing import (
    HOP_LENGTH,
    WINDOW_LENGTH,
    frame_to_seconds,
    samples_to_seconds,
    seconds_to_frame,
)
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError


class StreamingTranscriber:
    """Hears samples as they come and tells hits as soon as they are certain enough.

    A hit is told at most ``latency_s`` after it sounded, and the time of computing and of the sound
    card's buffer. Its ``onset_s`` counts from the first sample.

    Args:
        model: a causal model.
        config: peak picking where it differs from the model's own.
        thresholds: thresholds that replace the model's own, by class name.

    Raises:
        DrumscribeError: when the model is not causal, or a threshold names no class of its kit or
            is not 0..1.
    """

    def __init__(
        self,
        model: OnnxFrameModel,
        config: InferenceConfig,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        settings = PickerSettings.of(model.header, config, thresholds)
        self.kit = settings.kit
        self.latency_s = algorithmic_latency_s(model)
        self._log_mel = LogMelStream(model.header.features)
        self._activations = ActivationStream(model)
        self._picker = LivePicker(settings)

    def push(self, samples: FloatArray) -> list[DrumEvent]:
        """Hear more of the sound.

        Args:
            samples: mono at ``SAMPLE_RATE`` as floats of any width, shape (n_samples,), any number
                of them.

        Returns:
            The hits that have become certain, in order of time, then by class index.

        Raises:
            DrumscribeError: when they are whole numbers, or several channels.
        """
        # One sample that is no number would stay in the network's state for good.
        sound = np.nan_to_num(mono_float32(samples), nan=0.0, posinf=1.0, neginf=-1.0)
        return self._picked(self._activations.push(self._log_mel.push(sound)))

    def finish(self) -> list[DrumEvent]:
        """The hits at the very end, followed by silence; nothing may be pushed after it."""
        last = self._picked(self._activations.push(self._log_mel.finish()))
        return last + self._picked(self._activations.finish())

    def _picked(self, frames: Iterable[Activations]) -> list[DrumEvent]:
        return [event for frame in frames for event in self._picker.push(frame)]


class StreamedTranscriber(Transcriber):
    """A ``Transcriber`` that hears whole recordings as ``StreamingTranscriber`` would.

    Evaluation scores with it what people get live whose input is set to full scale.

    Args:
        model: a causal model.
        config: peak picking where it differs from the model's own.

    Raises:
        DrumscribeError: when the model is not causal.
    """

    def __init__(self, model: OnnxFrameModel, config: InferenceConfig) -> None:
        super().__init__(model, config)
        algorithmic_latency_s(model)  # refuses other models
        self._causal_model = model

    def _parts(self, log_mel: Iterable[FloatArray]) -> Iterator[Activations]:
        """As ``Transcriber._parts``, frame by frame."""
        stream = ActivationStream(self._causal_model)
        for block in log_mel:
            yield from stream.push(block)
        yield from stream.finish()

    def _picker(self) -> "_PatientPicker":
        """One that decides each frame without those after it."""
        return _PatientPicker(LivePicker(self.settings))


class _PatientPicker:
    """Keeps what a ``LivePicker`` tells until the recording is over."""

    def __init__(self, picker: "LivePicker") -> None:
        self._picker = picker
        self._events: list[DrumEvent] = []

    def push(self, part: Activations) -> None:
        """As ``Picker.push``."""
        for frame in _single_frames(part):
            self._events += self._picker.push(frame)

    def finish(self) -> list[DrumEvent]:
        """As ``Picker.finish``."""
        return self._events


class ActivationStream:
    """A causal model's activations, one frame after the other.

    Args:
        model: a causal model.
    """

    def __init__(self, model: OnnxFrameModel) -> None:
        header = model.header
        self._model = model
        self._n_context = header.model.context_frames
        self._n_ahead = header.model.lookahead_frames or 0
        self._state = model.initial_state(1)
        n_before = self._n_context - self._n_ahead
        self._heard = np.zeros((n_before, header.features.n_mels), np.float32)

    def push(self, log_mel: FloatArray) -> Iterator[Activations]:
        """Activations of shape (1, C) of each frame that ``log_mel``, shape (t, F), completes."""
        for row in log_mel:
            self._heard = np.concatenate([self._heard, row[None]])
            if len(self._heard) > self._n_context:
                said, self._state = self._model.step(self._heard[None], self._state)
                self._heard = self._heard[1:]
                yield said.mapped(lambda head: head[0])

    def finish(self) -> list[Activations]:
        """Those of the last frames, followed by silence."""
        return list(self.push(np.zeros((self._n_ahead, self._heard.shape[1]), np.float32)))


class LivePicker:
    """Decides each frame by itself and those before it: no waiting for a peak.

    A hit is the first frame that reaches its class's threshold, is higher than every frame in the
    ``peak_window_s`` before it, and no nearer than ``min_gap_s`` to the hit before it. A tom
    that is clearly less likely than another in the same frame gives way.

    Args:
        settings: what is a hit.
    """

    def __init__(self, settings: PickerSettings) -> None:
        kit, config = settings.kit, settings.peak_picking
        self._settings = settings
        self._kit = kit
        self._thresholds = np.maximum([settings.thresholds[name] for name in kit.names], 1e-9)
        self._gap_frames = gap_frames(config)
        n_recent = max(1, seconds_to_frame(config.peak_window_s))
        self._recent = np.full((n_recent, len(kit)), -np.inf, np.float32)
        self._last_hit = np.full(len(kit), -self._gap_frames)
        self._frame = 0

    def push(self, frame: Activations) -> list[DrumEvent]:
        """The hits in the next frame, activations of shape (1, C), by class index."""
        onset = frame.onset[0]
        is_loud = onset >= self._thresholds
        is_hit = (
            is_loud
            & (onset > self._recent.max(axis=0))
            & (self._frame - self._last_hit >= self._gap_frames)
        )
        if is_hit.any():
            loud = np.flatnonzero(is_loud)
            together = np.full(len(loud), self._frame)
            is_hit[loud[doubled_toms(together, loud, onset[loud], self._kit)]] = False
        hits = np.flatnonzero(is_hit)
        self._last_hit[hits] = self._frame
        events = [self._event(frame, index) for index in hits.tolist()]
        self._recent[self._frame % len(self._recent)] = onset
        self._frame += 1
        return events

    def _event(self, frame: Activations, index: int) -> DrumEvent:
        name = self._kit.names[index]
        [confidence] = self._settings.confidence(name, frame.onset[:, index]).tolist()
        velocity = int(midi_velocities(frame.velocity, frame.onset.shape)[0, index])
        onset_s = frame_to_seconds(self._frame)
        return DrumEvent(onset_s, name, velocity, confidence)


def algorithmic_latency_s(model: OnnxFrameModel) -> float:
    """Seconds of sound after a frame's centre that a causal model needs to decide it.

    Half the analysis window, and the frames it looks ahead.

    Raises:
        DrumscribeError: when the model is not causal.
    """
    n_ahead = model.header.model.lookahead_frames
    if n_ahead is None:
        raise DrumscribeError(
            "this model hears whole recordings; name a live model, as the bundled drums8-live or "
            "one trained with model.lookahead_frames"
        )
    return samples_to_seconds(WINDOW_LENGTH // 2 + n_ahead * HOP_LENGTH)


def _single_frames(activations: Activations) -> Iterator[Activations]:
    """Each frame of a recording's activations, shape (1, C)."""
    for index in range(len(activations.onset)):
        yield activations.mapped(itemgetter(slice(index, index + 1)))
