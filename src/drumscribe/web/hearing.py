"""One recording heard in a worker process: what the page needs, as files in the job's folder.

Written last and whole, ``result.json`` says that the rest is there. T frames, C classes.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.data.audio_level import levelled_blocks
from drumscribe.data.audio_processing import audio_duration_s
from drumscribe.drums import Kit
from drumscribe.events import MAX_VELOCITY, fold_to_lanes
from drumscribe.inference.peak_picking import DEFAULT_VELOCITY
from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.tempo import TempoMap
from drumscribe.timing import HOP_LENGTH, samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path, write_text
from drumscribe.web.playback import write_playback

RESULT = "result.json"
ACTIVATIONS = "activations.u8"
VELOCITIES = "velocities.u8"
WAVEFORM = "waveform.u8"

OnProgress = Callable[[str, float], None]
"""Called with the stage and how much of everything is done, 0..1."""

# The share of the work that each stage has done when it begins.
_STAGE_STARTS = {"decoding": 0.0, "listening": 0.1, "beats": 0.95}


@dataclass
class _Tap:
    """Passes blocks of audio on and remembers what the page shows of them.

    Attributes:
        name: of the recording, for messages.
        max_duration_s: longer recordings are refused as soon as that is known.
        on_look: called with the seconds just looked at, before anything is read.
        on_read: called with the seconds read so far.
        n_samples: how many have passed.
        outline: lowest and highest sample of each frame so far, parts of shape (n, 2).
    """

    name: str
    max_duration_s: float
    on_look: Callable[[float], None]
    on_read: Callable[[float], None]
    n_samples: int = 0
    outline: list[FloatArray] = field(default_factory=list)

    def pass_on(self, blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
        rest = np.zeros(0, np.float32)
        for block in blocks:
            self.n_samples += len(block)
            read_s = samples_to_seconds(self.n_samples)
            require_duration(read_s, self.max_duration_s, name=self.name)
            rest = np.concatenate([rest, block])
            n_whole = len(rest) // HOP_LENGTH * HOP_LENGTH
            self.outline.append(_low_and_high(rest[:n_whole]))
            rest = rest[n_whole:]
            self.on_read(read_s)
            yield block
        if len(rest):
            self.outline.append(_low_and_high(np.pad(rest, (0, HOP_LENGTH - len(rest)))))


class _LaneLevels:
    """Activation and velocity of each lane as bytes, shape (T, lanes), as they are heard."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._last = np.zeros((0, len(kit.lanes)), np.float32)
        self.onset = bytearray()
        self.velocity = bytearray()

    def add(self, part: Activations) -> None:
        """Take the next part of the recording."""
        velocity = part.velocity
        if velocity is None:
            velocity = np.full_like(part.onset, DEFAULT_VELOCITY / MAX_VELOCITY)
        self._add_onset(_fold(part.onset, self._kit))
        self.velocity += _as_bytes(_fold(velocity, self._kit))

    def _add_onset(self, values: FloatArray) -> None:
        """Take more rows; the last one so far is written again, as it has a neighbour now."""
        n_lanes = len(self._kit.lanes)
        n_again = min(1, len(self._last))
        n_known = len(self._last) - n_again
        rows = np.concatenate([self._last, values])
        del self.onset[len(self.onset) - n_again * n_lanes :]
        self.onset += activation_bytes(rows)[n_known * n_lanes :]
        self._last = rows[-2:]


def require_duration(duration_s: float, max_duration_s: float, *, name: str) -> None:
    """Refuse a recording that is too long.

    Raises:
        DrumscribeError: when it is.
    """
    if duration_s > max_duration_s:
        raise DrumscribeError(
            f"{name}: is longer than {max_duration_s / 60:g} minutes, the most this studio takes; "
            "cut it into parts"
        )


def hear_recording(
    recording: Path,
    transcriber: Transcriber,
    *,
    model_sha256: str,
    bpm: float | None,
    max_duration_s: float,
    on_progress: OnProgress,
) -> float:
    """Transcribe a recording and write everything that belongs to it beside it.

    Args:
        recording: the audio, in the job's folder.
        transcriber: the pipeline.
        model_sha256: of the weights file that it hears with.
        bpm: the tempo where somebody said it.
        max_duration_s: the longest recording.
        on_progress: told how far it is.

    Returns:
        The recording's length in seconds.

    Raises:
        DrumscribeError: when it cannot be decoded or is too long.
    """
    folder = recording.parent
    tap = _tap_on(recording, max_duration_s, on_progress)
    levels = _LaneLevels(transcriber.kit)
    blocks = levelled_blocks(recording, longest_s=max_duration_s, on_look=tap.on_look)
    heard = transcriber.hear(tap.pass_on(blocks), levels.add)
    on_progress("beats", _STAGE_STARTS["beats"])
    tempo = transcriber.tempo(heard, TempoHints(bpm=bpm))
    _write_bytes(folder / ACTIVATIONS, levels.onset)
    _write_bytes(folder / VELOCITIES, levels.velocity)
    _write_bytes(folder / WAVEFORM, _as_bytes(np.concatenate(tap.outline), low=-1.0))
    result = {
        "model_sha256": model_sha256,
        "kit": transcriber.kit.lanes.name,
        "duration_s": heard.duration_s,
        "thresholds": _lane_thresholds(transcriber),
        "picking": dataclasses.asdict(transcriber.settings.peak_picking),
        "calibration": _lane_calibration(transcriber),
        "events": [
            [event.onset_s, event.drum, event.velocity, event.confidence]
            for event in fold_to_lanes(heard.events, transcriber.kit)
        ],
        "tempo": tempo_to_dict(tempo),
        "audio": write_playback(recording, folder),
    }
    write_text(folder / RESULT, json.dumps(result, separators=(",", ":")))
    return heard.duration_s


def _tap_on(recording: Path, max_duration_s: float, on_progress: OnProgress) -> _Tap:
    """The tap on a recording that tells how far its reading is."""
    on_progress("decoding", _STAGE_STARTS["decoding"])
    total_s = audio_duration_s(recording) or 0.0
    require_duration(total_s, max_duration_s, name=str(recording))

    looked_s = 0.0

    def tell(stage: str, done_s: float, ends: float) -> None:
        share = min(1.0, done_s / total_s) if total_s > 0 else 0.5
        begins = _STAGE_STARTS[stage]
        on_progress(stage, begins + share * (ends - begins))

    def on_look(seconds: float) -> None:
        nonlocal looked_s
        looked_s += seconds
        tell("decoding", looked_s, _STAGE_STARTS["listening"])

    def on_read(read_s: float) -> None:
        tell("listening", read_s, _STAGE_STARTS["beats"])

    return _Tap(str(recording), max_duration_s, on_look, on_read)


def tempo_to_dict(tempo: TempoMap) -> dict[str, Any]:
    """A tempo map as the API tells it."""
    return {
        "beats_s": list(tempo.beats_s),
        "time_signatures": [dataclasses.asdict(signature) for signature in tempo.time_signatures],
        "confidence": tempo.confidence,
        "is_steady": tempo.is_steady,
        "bpm": tempo.bpm,
    }


def _lane_thresholds(transcriber: Transcriber) -> dict[str, float]:
    """The threshold of each lane: of the classes that fold onto it the lowest."""
    found: dict[str, float] = {}
    for name, threshold in transcriber.settings.thresholds.items():
        lane = transcriber.kit[name].lane
        found[lane] = min(threshold, found.get(lane, 1.0))
    return found


def _lane_calibration(transcriber: Transcriber) -> dict[str, dict[str, float]] | None:
    """What activations mean; ``None`` where that is unknown or lanes are made of classes."""
    calibration = transcriber.model.header.calibration
    if not calibration or transcriber.kit.lanes is not transcriber.kit:
        return None
    return {name: dataclasses.asdict(numbers) for name, numbers in calibration.items()}


def _fold(values: FloatArray, kit: Kit) -> FloatArray:
    """Shape (T, C) to (T, lanes): the highest of the classes that fold onto a lane."""
    lanes = np.zeros((len(values), len(kit.lanes)), np.float32)
    for index, drum in enumerate(kit.classes):
        lane = kit.lanes.index_by_name[drum.lane]
        lanes[:, lane] = np.maximum(lanes[:, lane], values[:, index])
    return lanes


def _low_and_high(samples: FloatArray) -> FloatArray:
    """Lowest and highest sample of each whole frame, shape (n, 2)."""
    frames = samples.reshape(-1, HOP_LENGTH)
    return np.stack([frames.min(axis=1), frames.max(axis=1)], axis=1)


def activation_bytes(values: FloatArray) -> bytes:
    """Values 0..1, shape (T, lanes), as 0..255, whose peaks stay on their frames.

    The top of a peak may be flat to the nearest byte; whoever picks from the bytes would place the
    hit on another frame than was heard. So what is lower than its neighbour stays lower.
    """
    levels = _to_levels(values, low=0.0)
    is_flat = levels[1:] == levels[:-1]
    is_lower = np.zeros(levels.shape, bool)
    is_lower[:-1] |= is_flat & (values[:-1] < values[1:])
    is_lower[1:] |= is_flat & (values[1:] < values[:-1])
    levels[is_lower & (levels > 0)] -= 1
    return levels.tobytes()


def _as_bytes(values: FloatArray, *, low: float = 0.0) -> bytes:
    """Values ``low``..1 as 0..255, to the nearest."""
    return _to_levels(values, low=low).tobytes()


def _to_levels(values: FloatArray, *, low: float) -> npt.NDArray[np.uint8]:
    scaled = (np.clip(values, low, 1.0) - low) * (255 / (1.0 - low))
    return np.round(scaled).astype(np.uint8)


def _write_bytes(path: Path, values: bytes | bytearray) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(values)
