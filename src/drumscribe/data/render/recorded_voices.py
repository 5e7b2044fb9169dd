"""Recorded voices to sing over the drums: their consonants are what is mistaken for a snare.

Any recordings of speech or singing without drums will do, spoken by people or by a synthesiser.
"""

from pathlib import Path

import numpy as np

from drumscribe.data.audio_processing import find_audio, read_audio
from drumscribe.tempo import TempoMap
from drumscribe.timing import seconds_to_samples
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError

_SPEED = (0.7, 1.4)
_REST_COUNTS = (0, 5)
_PHRASE_LEVEL_DB = 3.0
_N_KEPT = 256


class RecordedVoices:
    """A folder of recordings of voices, loaded when they are first heard.

    Args:
        folder: holds the recordings, also in folders below it.

    Raises:
        DrumscribeError: when it is absent or holds no recording.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DrumscribeError(f"{folder}: no such folder of recorded voices; check the path")
        self._paths = find_audio(folder)
        if not self._paths:
            raise DrumscribeError(f"{folder}: holds no audio file; put recorded voices there")
        self._loaded: dict[Path, FloatArray] = {}

    def sing(self, tempo: TempoMap, n_samples: int, rng: np.random.Generator) -> FloatArray:
        """Phrases that begin on counts, with rests between them, shape (n_samples,).

        Each recording is a single singer's: all phrases are sped up or slowed down alike, which
        changes their pitch.
        """
        speed = rng.uniform(*_SPEED)
        sound = np.zeros(n_samples, np.float32)
        free_from = 0
        for time_s in tempo.beats_s:
            first = seconds_to_samples(time_s)
            if first < free_from or not 0 <= first < n_samples:
                continue
            phrase = _at_speed(self._draw(rng), speed)[: n_samples - first]
            level = 10 ** (rng.normal(0, _PHRASE_LEVEL_DB) / 20)
            sound[first : first + len(phrase)] += phrase * np.float32(level)
            rest_s = int(rng.integers(*_REST_COUNTS)) * 60.0 / tempo.bpm
            free_from = first + len(phrase) + seconds_to_samples(rest_s)
        return sound

    def _draw(self, rng: np.random.Generator) -> FloatArray:
        """One of the recordings, at a peak of 1."""
        path = self._paths[int(rng.integers(len(self._paths)))]
        if path not in self._loaded:
            if len(self._loaded) >= _N_KEPT:
                self._loaded.clear()
            samples = read_audio(path)
            self._loaded[path] = samples / np.float32(np.abs(samples).max(initial=0.0) + 1e-6)
        return self._loaded[path]


def _at_speed(samples: FloatArray, speed: float) -> FloatArray:
    """Samples played ``speed`` times as fast, and as much higher."""
    places = np.arange(int(len(samples) / speed)) * speed
    return np.asarray(np.interp(places, np.arange(len(samples)), samples), np.float32)
