"""Sample kits: the index of a folder of one-shots, and its sounds at our rate.

A folder holds ``kits.json``, a list of kits with their ``id``, ``kind`` and ``notes``: for each
General MIDI note the velocity layers, for each layer the files (several are round robins). Files
lie in a folder named like the kit. A sound is decoded and resampled once and then kept, as 16-bit
numbers against its own peak, so that the cost of memory is halved and soft layers lose nothing.

A file may hold more than one stroke, such as a roll among the layers of a snare. A label means one,
so a sound ends where its second stroke begins.

The onset of a sound is where it first reaches a tenth of its early peak: what an ear, or a person
who labels, takes for its start. The mixer puts that sample on the label's time.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.data.audio_processing import read_audio
from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

INDEX_NAME = "kits.json"

GRID_SAMPLES = seconds_to_samples(0.02)
"""Samples of a step of ``OneShot.band_energy``."""

BAND_EDGES_HZ = (300, 3000)
"""Between the three bands of ``OneShot.band_energy``."""

_ONSET_SHARE = 0.1
_EARLY_S = 0.1
_LEVEL_S = 0.1
_SILENCE_SHARE = 1e-4
# A second stroke: 8 dB above the 35 ms before, no softer than 14 dB below the first, at least 50 ms
# after it. Of 4,620 sounds in 108 free kits ten have one.
_STEP_S = 0.005
_STROKE_RISE_DB, _STROKE_BELOW_DB = 8.0, 14.0
_FIRST_STROKE_STEPS, _BEFORE_STEPS = 10, 7
_FADE_S = 0.004
_MAX_INT = np.iinfo(np.int16).max
_DEFAULT_CACHE_BYTES = 400 * 2**20
_NO_INDEX = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Layer:
    """The sounds of one note for velocities ``low`` to ``high``, both included, by their names."""

    low: int
    high: int
    sounds: tuple[str, ...]

    @property
    def centre(self) -> float:
        """The velocity in its middle."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class SampleKit:
    """A kit of the index.

    Attributes:
        id: its name and its folder.
        kind: "acoustic", "electronic" or "mixed".
        notes: the layers of each recorded note, softest first.
    """

    id: str
    kind: str
    notes: dict[int, tuple[Layer, ...]]

    @property
    def n_sounds(self) -> int:
        """How many one-shots it has."""
        return sum(len(layer.sounds) for layers in self.notes.values() for layer in layers)


@dataclass(frozen=True, slots=True)
class OneShot:
    """One sound.

    Attributes:
        numbers: mono at ``SAMPLE_RATE``, shape (n_samples,), against its peak.
        scale: a number times this is the sample.
        onset: the sample of its audible start.
        level_db: RMS of its first 100 ms in dB of full scale.
        band_energy: shape (n_steps, 3), the energy of every ``GRID_SAMPLES`` from the onset on,
            below, between and above ``BAND_EDGES_HZ``.
    """

    numbers: npt.NDArray[np.int16]
    scale: float
    onset: int
    level_db: float
    band_energy: FloatArray

    @property
    def samples(self) -> FloatArray:
        """The sound as floats, shape (n_samples,)."""
        return self.numbers * np.float32(self.scale)


def read_kits(folder: Path) -> list[SampleKit]:
    """The kits that the index of ``folder`` lists, in its order.

    Raises:
        DrumscribeError: when there is no index, or it is damaged.
    """
    path = require_file(folder / INDEX_NAME, what="kit index", hint="name a folder of sample kits")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return [_kit(value) for value in values]
    except _NO_INDEX as error:
        raise DrumscribeError(
            f"{path}: is not an index of kits ({type(error).__name__}: {error}); mend it"
        ) from error


def _kit(value: dict[str, Any]) -> SampleKit:
    notes = {}
    for note, layers in value["notes"].items():
        read = [
            Layer(int(layer["velocity"][0]), int(layer["velocity"][1]), tuple(layer["files"]))
            for layer in layers
            if layer["files"]
        ]
        if read:
            notes[int(note)] = tuple(sorted(read, key=lambda layer: layer.low))
    return SampleKit(str(value["id"]), str(value["kind"]), notes)


def folder_reader(folder: Path) -> Callable[[str, str], FloatArray]:
    """What reads a sound of a folder of kits, given a kit's id and the sound's file."""
    return lambda kit_id, name: read_audio(folder / kit_id / name)


class OneShotCache:
    """The sounds of some kits, decoded when first needed and kept up to a bound.

    Args:
        read: gives the samples of a kit's sound by their names, mono at ``SAMPLE_RATE``.
        max_bytes: sounds are forgotten, longest unused first, when they exceed this.
    """

    def __init__(
        self, read: Callable[[str, str], FloatArray], max_bytes: int = _DEFAULT_CACHE_BYTES
    ) -> None:
        self._read = read
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._sounds: OrderedDict[tuple[str, str], OneShot] = OrderedDict()

    def get(self, kit_id: str, name: str) -> OneShot:
        """The sound called ``name`` of the kit called ``kit_id``.

        Raises:
            DrumscribeError: when it is absent or cannot be decoded.
        """
        key = (kit_id, name)
        if key in self._sounds:
            self._sounds.move_to_end(key)
            return self._sounds[key]
        sound = one_shot(self._read(kit_id, name))
        self._sounds[key] = sound
        self._n_bytes += sound.numbers.nbytes + sound.band_energy.nbytes
        while self._n_bytes > self._max_bytes and len(self._sounds) > 1:
            _, forgotten = self._sounds.popitem(last=False)
            self._n_bytes -= forgotten.numbers.nbytes + forgotten.band_energy.nbytes
        return sound


def one_shot(samples: FloatArray) -> OneShot:
    """A sound from its samples.

    Args:
        samples: mono at ``SAMPLE_RATE``, shape (n_samples,), at least one.
    """
    samples = _without_silent_end(_first_stroke(samples))
    peak = float(np.abs(samples).max()) or 1.0
    onset = find_onset(samples)
    early = samples[onset : onset + seconds_to_samples(_LEVEL_S)]
    level_db = 10 * np.log10(float(np.mean(early**2)) + 1e-12)
    numbers = np.round(samples * (_MAX_INT / peak)).astype(np.int16)
    return OneShot(numbers, peak / _MAX_INT, onset, level_db, band_energy(samples[onset:]))


def find_onset(samples: FloatArray) -> int:
    """The first sample that reaches a tenth of the peak of the first 100 ms."""
    early = np.abs(samples[: seconds_to_samples(_EARLY_S)])
    return int(np.argmax(early >= _ONSET_SHARE * early.max()))


def _first_stroke(samples: FloatArray) -> FloatArray:
    """The samples up to a second stroke, if there is one."""
    onset = find_onset(samples)
    n_step = seconds_to_samples(_STEP_S)
    n_steps = (len(samples) - onset) // n_step
    power = np.square(samples[onset : onset + n_steps * n_step].reshape(n_steps, n_step))
    level_db = 10 * np.log10(power.mean(axis=1) + 1e-10)
    floor_db = level_db[: 2 * _FIRST_STROKE_STEPS].max(initial=-100.0) - _STROKE_BELOW_DB
    for step in range(_FIRST_STROKE_STEPS, n_steps):
        # The step just before may already hold the start of the rise.
        before_db = level_db[max(0, step - 1 - _BEFORE_STEPS) : step - 1].max()
        if level_db[step] > max(floor_db, before_db + _STROKE_RISE_DB):
            return _faded_out(samples[: onset + (step - 1) * n_step])
    return samples


def _faded_out(samples: FloatArray) -> FloatArray:
    n_fade = min(len(samples), seconds_to_samples(_FADE_S))
    fade = np.linspace(1, 0, n_fade, dtype=np.float32)
    return np.concatenate([samples[: len(samples) - n_fade], samples[-n_fade:] * fade])


def layer_index(layers: Sequence[Layer], velocity: int) -> int:
    """Which of the layers, softest first, ``velocity`` plays."""
    for index, layer in enumerate(layers):
        if velocity <= layer.high:
            return index
    return len(layers) - 1


def _without_silent_end(samples: FloatArray) -> FloatArray:
    """The samples up to the last one above -80 dB of the peak."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE_SHARE * np.abs(samples).max())
    return samples[: loud[-1] + 1] if len(loud) else samples[:1]


def band_energy(samples: FloatArray) -> FloatArray:
    """The energy of every ``GRID_SAMPLES`` below, between and above ``BAND_EDGES_HZ``.

    Args:
        samples: shape (n_samples,), from the onset on.

    Returns:
        Shape (n_steps, 3), the last step filled up with silence.
    """
    n_steps = -(-len(samples) // GRID_SAMPLES)
    steps = np.zeros((n_steps, GRID_SAMPLES), np.float32)
    steps.ravel()[: len(samples)] = samples
    power = np.abs(np.fft.rfft(steps, axis=1)) ** 2
    edges = [round(hz * GRID_SAMPLES / SAMPLE_RATE) for hz in BAND_EDGES_HZ]
    bands = np.split(power, edges, axis=1)
    return np.stack([band.sum(axis=1) for band in bands], axis=1).astype(np.float32)
