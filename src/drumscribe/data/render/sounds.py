"""The sounds of one recording's drum set: one-shots tuned, damped and scaled, kept while it lasts.

Conventions: levels are in dB of full scale; the gain of a hit brings the layer that plays it to the
level its velocity asks for, so that the loudness of neighbouring velocities never jumps where
layers meet.
"""

from dataclasses import dataclass

import numpy as np

from drumscribe.data.render.articulations import TYPICAL_LEVEL_DB
from drumscribe.data.render.drumset import Drumset, DrumVoice
from drumscribe.data.render.sample_kits import (
    Layer,
    OneShot,
    OneShotCache,
    band_energy,
    layer_index,
)
from drumscribe.events import MAX_VELOCITY
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

_DULL_HZ = 2500.0
_LOWEST_LAYER_DB = -45.0
_NEIGHBOUR_LAYER = 0.15


@dataclass(frozen=True)
class PreparedSound:
    """One sound as this recording hears it, at unit gain.

    Attributes:
        samples: shape (n_samples,).
        dull: the same without its highs.
        onset: the sample of its audible start.
        band_energy: as ``OneShot.band_energy``.
    """

    samples: FloatArray
    dull: FloatArray
    onset: int
    band_energy: FloatArray


@dataclass(frozen=True)
class Strike:
    """What a hit plays: a sound, its gain (a factor) and its dullness (0..1)."""

    sound: PreparedSound
    gain: float
    dullness: float


class SoundBank:
    """The sounds of a drum set, prepared when first struck.

    Args:
        drumset: the voices.
        cache: where one-shots come from.
    """

    def __init__(self, drumset: Drumset, cache: OneShotCache) -> None:
        self.drumset = drumset
        self._cache = cache
        self._sounds: dict[tuple[str, str, float, float | None], PreparedSound] = {}
        self._levels: dict[tuple[str, int], list[float]] = {}
        self._last_played: dict[int, str] = {}

    def strike(self, note: int, velocity: int, rng: np.random.Generator) -> Strike:
        """What a hit of ``note`` at ``velocity``, 1..127, plays."""
        voice = self.drumset.voices[note]
        layers = voice.kit.notes[voice.recorded]
        index = self._draw_layer(layers, velocity, rng)
        name = voice.only or self._draw_name(note, layers[index], rng)
        one_shot = self._cache.get(voice.kit.id, name)
        wanted_db = self._wanted_level_db(voice, velocity)
        gain_db = wanted_db - one_shot.level_db + rng.normal(0, self.drumset.hit_gain_db)
        softness = 1 - velocity / MAX_VELOCITY
        single = 1.0 if len(layers) == 1 else 0.5  # layers are duller by themselves
        dullness = self.drumset.dullness * softness * single + rng.uniform(0, 0.08)
        return Strike(
            self._sound(voice, name, one_shot), float(10 ** (gain_db / 20)), min(1.0, dullness)
        )

    def _draw_layer(
        self, layers: tuple[Layer, ...], velocity: int, rng: np.random.Generator
    ) -> int:
        """The layer of ``velocity``, now and then a neighbour: no two hits are alike."""
        index = layer_index(layers, velocity)
        if len(layers) > 1 and rng.random() < _NEIGHBOUR_LAYER:
            index += int(rng.choice((-1, 1)))
        return min(max(index, 0), len(layers) - 1)

    def _draw_name(self, note: int, layer: Layer, rng: np.random.Generator) -> str:
        """A round robin of the layer, not the last one played."""
        others = [name for name in layer.sounds if name != self._last_played.get(note)]
        pool = others or layer.sounds
        name = pool[int(rng.integers(len(pool)))] if len(pool) > 1 else pool[0]
        self._last_played[note] = name
        return name

    def _wanted_level_db(self, voice: DrumVoice, velocity: int) -> float:
        """The level that ``velocity`` asks of the piece."""
        drumset = self.drumset
        layers = voice.kit.notes[voice.recorded]
        levels_db = self._layer_levels_db(voice)
        typical_db = TYPICAL_LEVEL_DB[voice.articulation.piece]
        top_db = levels_db[-1] + drumset.level_pull * (typical_db - levels_db[-1])
        power_db = 20 * drumset.dynamics * np.log10(max(velocity, 2) / MAX_VELOCITY)
        trust = drumset.layer_trust if len(layers) > 2 else 0.0
        centres = [layer.centre for layer in layers]
        measured_db = np.interp(velocity, centres, levels_db) - levels_db[-1]
        measured_db += 20 * min(0.0, float(np.log10(max(velocity, 2) / centres[0])))
        relative_db = trust * measured_db + (1 - trust) * power_db
        return float(top_db + relative_db + voice.gain_db)

    def _layer_levels_db(self, voice: DrumVoice) -> list[float]:
        """The level of each layer, made to rise with velocity."""
        key = (voice.kit.id, voice.recorded)
        if key not in self._levels:
            layers = voice.kit.notes[voice.recorded]
            names = [voice.only] if voice.only else [layer.sounds[0] for layer in layers]
            measured = [
                max(_LOWEST_LAYER_DB, self._cache.get(voice.kit.id, name).level_db)
                for name in names
            ]
            self._levels[key] = [float(level) for level in np.maximum.accumulate(measured)]
        return self._levels[key]

    def _sound(self, voice: DrumVoice, name: str, one_shot: OneShot) -> PreparedSound:
        key = (voice.kit.id, name, voice.pitch, voice.damping_s)
        if key not in self._sounds:
            self._sounds[key] = prepared(one_shot, voice.pitch, voice.damping_s)
        return self._sounds[key]


def prepared(one_shot: OneShot, pitch: float, damping_s: float | None) -> PreparedSound:
    """A one-shot retuned, damped, and with a dull twin.

    Args:
        one_shot: the sound.
        pitch: factor on its frequencies, > 0; its length changes too.
        damping_s: time constant of an added decay, or ``None``.
    """
    samples, onset = one_shot.samples, one_shot.onset
    if pitch != 1.0:
        import soxr

        samples = soxr.resample(samples, SAMPLE_RATE * pitch, SAMPLE_RATE, quality="LQ")
        onset = round(onset / pitch)
    if damping_s is not None:
        times_s = np.maximum(0, np.arange(len(samples)) - onset) / SAMPLE_RATE
        samples = samples * np.exp(-times_s / damping_s).astype(np.float32)
    # Retuning by semitones moves next to no energy to another band; damping takes most of it away.
    is_damped = damping_s is not None
    energy = band_energy(samples[onset:]) if is_damped else one_shot.band_energy
    return PreparedSound(samples, _dulled(samples), onset, energy)


def _dulled(samples: FloatArray) -> FloatArray:
    """The samples through a gentle low-pass filter of next to no delay."""
    from scipy.signal import lfilter

    pole = float(np.exp(-2 * np.pi * _DULL_HZ / SAMPLE_RATE))
    coefficients = np.array([1 - pole], np.float32), np.array([1, -pole], np.float32)
    return np.asarray(lfilter(*coefficients, samples), np.float32)
