"""Voice-like sounds: a buzzing source through the formants of vowels, with consonants of noise.

They are not meant to be understood. Their use is to teach that an s is no hi-hat and a t no snare.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.data.render.filters import bell_db, cut_db, filtered
from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import Float64Array, FloatArray

# First three formants in Hz of a, e, i, o, u.
_VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410),
           (300, 870, 2240))  # fmt: skip
_CONSONANT = 0.6
_GLIDE_S = 0.03


@dataclass(frozen=True, slots=True)
class Syllable:
    """A syllable: start and length in seconds, frequency at start and end in Hz, level."""

    start_s: float
    duration_s: float
    frequency_hz: tuple[float, float]
    level: float


def sung(
    syllables: Sequence[Syllable], n_samples: int, rng: np.random.Generator, *, vibrato: float
) -> FloatArray:
    """Syllables as sound.

    Args:
        syllables: in order of time, not overlapping much.
        n_samples: length of the result.
        rng: draws vowels and consonants.
        vibrato: its depth as a share of the frequency.

    Returns:
        Shape (n_samples,).
    """
    source = _source(syllables, n_samples, rng, vibrato)
    scale = rng.uniform(0.85, 1.25)
    chosen = rng.integers(0, len(_VOWELS), len(syllables))
    sound = np.zeros(n_samples, np.float32)
    for vowel, formants in enumerate(_VOWELS):
        envelope = np.zeros(n_samples, np.float32)
        for syllable, own in zip(syllables, chosen, strict=True):
            if own == vowel:
                _add_envelope(envelope, syllable)
        if envelope.any():
            sound += filtered(source * envelope, _vowel_db(formants, scale))
    return sound + _consonants(syllables, n_samples, rng)


def chatter(n_samples: int, rng: np.random.Generator) -> list[Syllable]:
    """The syllables of something like speech: irregular, gliding, with pauses."""
    base_hz, rate = rng.uniform(85, 250), rng.uniform(3, 6.5)
    at, end = rng.uniform(0, 0.5), n_samples / SAMPLE_RATE
    syllables = []
    while at < end:
        duration_s = rng.uniform(0.5, 1.1) / rate
        first = base_hz * 2 ** rng.normal(0, 0.25)
        glide = (first, first * 2 ** rng.normal(-0.05, 0.15))
        syllables.append(Syllable(at, duration_s * 0.9, glide, rng.uniform(0.4, 1.0)))
        at += duration_s
        if rng.random() < 0.15:
            at += rng.uniform(0.1, 0.9)
    return syllables


def _source(
    syllables: Sequence[Syllable], n_samples: int, rng: np.random.Generator, vibrato: float
) -> FloatArray:
    """The vocal cords: a saw that follows the pitches, with a little breath."""
    points_s, hz = [0.0], [150.0]
    for syllable in syllables:
        points_s += [syllable.start_s, syllable.start_s + syllable.duration_s]
        hz += [*syllable.frequency_hz]
    times_s = np.arange(n_samples) / SAMPLE_RATE
    frequency = np.interp(times_s, points_s, hz)
    frequency *= 1 + vibrato * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * times_s)
    turns = np.cumsum(frequency) / SAMPLE_RATE
    saw = (2 * (turns % 1) - 1).astype(np.float32)
    breath = rng.standard_normal(n_samples, dtype=np.float32) * np.float32(rng.uniform(0.01, 0.15))
    return saw + breath


def _add_envelope(envelope: FloatArray, syllable: Syllable) -> None:
    first = max(0, seconds_to_samples(syllable.start_s))
    n_samples = min(len(envelope) - first, seconds_to_samples(syllable.duration_s))
    if n_samples <= 2:
        return
    n_glide = max(1, min(n_samples // 2, seconds_to_samples(_GLIDE_S)))
    shape = np.full(n_samples, syllable.level, np.float32)
    ramp = np.linspace(0, 1, n_glide, dtype=np.float32)
    shape[:n_glide] *= ramp
    shape[-n_glide:] *= ramp[::-1]
    envelope[first : first + n_samples] += shape


def _vowel_db(formants: Sequence[float], scale: float) -> Float64Array:
    response = cut_db(3500, 2, is_high=False) - 24
    for index, formant_hz in enumerate(formants):
        response = response + bell_db(formant_hz * scale, 26 - 4 * index, 0.16)
    return np.asarray(response)


def _consonants(
    syllables: Sequence[Syllable], n_samples: int, rng: np.random.Generator
) -> FloatArray:
    """Bursts and hisses just before some syllables: t, k, p, s, sh, f."""
    noise = np.zeros((2, n_samples), np.float32)
    for syllable in syllables:
        if rng.random() > _CONSONANT:
            continue
        is_hiss = rng.random() < 0.5
        length_s = rng.uniform(0.05, 0.14) if is_hiss else rng.uniform(0.008, 0.03)
        first = max(0, seconds_to_samples(syllable.start_s - length_s))
        n_noise = min(n_samples - first, seconds_to_samples(length_s))
        if n_noise <= 0:
            continue
        shape = np.sin(np.linspace(0, np.pi, n_noise)) if is_hiss else np.linspace(1, 0, n_noise)
        burst = rng.standard_normal(n_noise) * shape * syllable.level * rng.uniform(0.02, 0.2)
        noise[int(is_hiss), first : first + n_noise] += burst.astype(np.float32)
    plosive = cut_db(rng.uniform(800, 2500), 1, is_high=True) + cut_db(5000, 1, is_high=False)
    hiss = cut_db(rng.uniform(2500, 5500), 2, is_high=True)
    return filtered(noise[0], plosive) + filtered(noise[1], hiss)
