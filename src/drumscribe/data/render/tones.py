"""Pitched sounds for accompaniment: wavetables that start bright and grow dull.

A timbre is drawn per part and recording; its tones are kept by pitch and cut to length, since a
part plays the same few pitches over and over.
"""

from dataclasses import dataclass

import numpy as np

from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import AnyFloatArray, Float64Array, FloatArray

_TABLE = 2048
_A4_PITCH, _A4_HZ = 69, 440.0
_MAX_TONE_S = 6.0


@dataclass(frozen=True)
class Timbre:
    """What an instrument sounds like.

    Attributes:
        rolloff: amplitude of harmonic h is h to the power of minus this.
        odd_only: whether even harmonics are missing.
        n_harmonics: at most so many.
        attack_s: rise time.
        decay_s: time constant of the fall, or ``None`` for a sustained tone.
        bright_s: time constant of the fall of what makes it bright.
        release_s: time of the fall after the tone ends.
        detune_cents: distance of a second voice; 0 for none.
        vibrato_cents: depth of vibrato, which sets in after a quarter of a second.
        knock: 0..1, a burst of noise at the start: pick, hammer, breath.
    """

    rolloff: float
    odd_only: bool
    n_harmonics: int
    attack_s: float
    decay_s: float | None
    bright_s: float
    release_s: float
    detune_cents: float
    vibrato_cents: float
    knock: float


def plucked(rng: np.random.Generator) -> Timbre:
    """A string or a bar: guitar, bass, harp, piano, electric piano."""
    return Timbre(
        rolloff=rng.uniform(0.8, 2.2),
        odd_only=rng.random() < 0.15,
        n_harmonics=int(rng.integers(6, 40)),
        attack_s=rng.uniform(0.001, 0.006),
        decay_s=float(np.exp(rng.uniform(np.log(0.12), np.log(2.5)))),
        bright_s=rng.uniform(0.03, 0.5),
        release_s=rng.uniform(0.02, 0.15),
        detune_cents=rng.uniform(3, 15) if rng.random() < 0.3 else 0.0,
        vibrato_cents=0.0,
        knock=rng.uniform(0, 0.35),
    )


def sustained(rng: np.random.Generator) -> Timbre:
    """Bowed, blown or electronic: pad, organ, strings, synthesiser lead."""
    return Timbre(
        rolloff=rng.uniform(0.7, 2.0),
        odd_only=rng.random() < 0.3,
        n_harmonics=int(rng.integers(3, 40)),
        attack_s=float(np.exp(rng.uniform(np.log(0.004), np.log(0.4)))),
        decay_s=None,
        bright_s=rng.uniform(0.2, 3.0),
        release_s=rng.uniform(0.03, 0.4),
        detune_cents=rng.uniform(3, 20) if rng.random() < 0.6 else 0.0,
        vibrato_cents=rng.uniform(5, 60) if rng.random() < 0.5 else 0.0,
        knock=rng.uniform(0, 0.1),
    )


class Instrument:
    """The tones of one timbre.

    Args:
        timbre: what it sounds like.
        rng: draws phases and noise.
    """

    def __init__(self, timbre: Timbre, rng: np.random.Generator) -> None:
        self.timbre = timbre
        self._rng = rng
        self._tones: dict[int, FloatArray] = {}

    def tone(self, pitch: int, duration_s: float) -> FloatArray:
        """A tone of MIDI pitch ``pitch`` held for ``duration_s``, its release added."""
        duration_s = min(duration_s, _MAX_TONE_S)
        n_held = seconds_to_samples(duration_s)
        n_release = seconds_to_samples(self.timbre.release_s)
        whole = self._tones.get(pitch)
        if whole is None or len(whole) < n_held + n_release:
            whole = self._whole(pitch, min(_MAX_TONE_S, 1.5 * duration_s) + self.timbre.release_s)
            self._tones[pitch] = whole
        tone = whole[: n_held + n_release].copy()
        tone[n_held:] *= np.linspace(1, 0, len(tone) - n_held, dtype=np.float32)
        return tone

    def _whole(self, pitch: int, length_s: float) -> FloatArray:
        timbre = self.timbre
        n_samples = seconds_to_samples(length_s) + 2
        times_s = np.arange(n_samples, dtype=np.float32) / np.float32(SAMPLE_RATE)
        frequency_hz = pitch_hz(pitch)
        dull, bright = _tables(timbre, frequency_hz)
        turns = vibrato_turns(times_s, frequency_hz, timbre.vibrato_cents, self._rng)
        body, shine = _read(dull, turns), _read(bright, turns)
        if timbre.detune_cents > 0:
            factor = 2 ** (timbre.detune_cents / 1200)
            second = turns * factor + self._rng.uniform()
            body, shine = body + _read(dull, second), shine + _read(bright, second)
        sound = body + shine * np.exp(-times_s / np.float32(timbre.bright_s))
        if timbre.decay_s is not None:
            sound *= np.exp(-times_s / np.float32(timbre.decay_s))
        sound *= np.minimum(1, times_s / np.float32(timbre.attack_s))
        if timbre.knock > 0:
            n_knock = min(n_samples, seconds_to_samples(0.02))
            burst = self._rng.standard_normal(n_knock, dtype=np.float32)
            sound[:n_knock] += np.float32(timbre.knock) * burst * np.exp(-times_s[:n_knock] / 0.004)
        return np.asarray(sound, np.float32)


def pitch_hz(pitch: float) -> float:
    """Frequency of a MIDI pitch."""
    return float(_A4_HZ * 2 ** ((pitch - _A4_PITCH) / 12))


def vibrato_turns(
    times_s: AnyFloatArray, frequency_hz: float, cents: float, rng: np.random.Generator
) -> Float64Array:
    """Phase in turns of a tone whose vibrato sets in after a quarter of a second."""
    turns = times_s.astype(np.float64) * frequency_hz + rng.uniform()
    if cents <= 0:
        return turns
    rate_hz = rng.uniform(4.5, 7.0)
    depth = frequency_hz * (2 ** (cents / 1200) - 1) / (2 * np.pi * rate_hz)
    onset = np.clip((times_s - 0.25) / 0.3, 0, 1)
    return np.asarray(turns + depth * onset * np.sin(2 * np.pi * rate_hz * times_s))


def _tables(timbre: Timbre, frequency_hz: float) -> tuple[FloatArray, FloatArray]:
    """One turn of the lasting part, and of what makes the start bright; no aliases."""
    n_possible = int(0.45 * SAMPLE_RATE / frequency_hz)
    harmonics = np.arange(1, max(1, min(timbre.n_harmonics, n_possible)) + 1)
    amplitudes = harmonics**-timbre.rolloff
    if timbre.odd_only:
        amplitudes = np.where(harmonics % 2 == 1, amplitudes, 0)
    lasting = amplitudes * np.exp(-(harmonics - 1) / 4)
    phases = 2 * np.pi * np.arange(_TABLE)[:, None] / _TABLE * harmonics
    waves = np.sin(phases + harmonics**2)  # spread phases keep the peaks low
    return (waves @ lasting).astype(np.float32), (waves @ (amplitudes - lasting)).astype(np.float32)


def _read(table: FloatArray, turns: Float64Array) -> FloatArray:
    return np.asarray(table[(turns * _TABLE).astype(np.int64) & (_TABLE - 1)])
