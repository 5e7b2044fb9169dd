"""What accompaniment plays: chords bar by bar, and parts made of them.

Conventions: positions and lengths are counts of the score; pitches are MIDI's; levels are factors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
_BASS_RANGE = (28, 45)
_CHORD_RANGE = (48, 72)
_LEAD_RANGE = (60, 86)


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone of a part: start and length in counts, pitch, level."""

    count: float
    n_counts: float
    pitch: int
    level: float


@dataclass(frozen=True)
class Harmony:
    """Chords of a recording.

    Attributes:
        n_per_bar: counts in a bar.
        scale: pitch classes of the key, seven of them.
        degrees: for each bar the step of the scale its chord stands on, 0..6.
    """

    n_per_bar: int
    scale: tuple[int, ...]
    degrees: tuple[int, ...]

    def chord(self, bar: int) -> list[int]:
        """Pitch classes of a bar's chord, root first."""
        degree = self.degrees[bar % len(self.degrees)]
        return [self.scale[(degree + step) % 7] for step in (0, 2, 4)]


def draw_harmony(n_bars: int, n_per_bar: int, rng: np.random.Generator) -> Harmony:
    """A key, and a progression of two to four chords over and over."""
    tonic = int(rng.integers(12))
    scale = tuple((tonic + step) % 12 for step in _SCALES[int(rng.integers(len(_SCALES)))])
    pattern = [int(rng.choice((0, 0, 3, 4, 5, 1, 6))) for _ in range(int(rng.integers(1, 5)))]
    return Harmony(n_per_bar, scale, tuple(pattern[bar % len(pattern)] for bar in range(n_bars)))


def bass_line(harmony: Harmony, rng: np.random.Generator) -> list[Tone]:
    """A bass: a rhythm of one bar, mostly on the root, now and then walking."""
    steps = int(rng.choice((1, 2, 2, 2, 4)))
    rhythm = _rhythm(harmony.n_per_bar * steps, rng.uniform(0.3, 1.0), rng)
    is_walking = rng.random() < 0.2
    length = rng.uniform(0.5, 1.0)
    tones = []
    for bar in range(len(harmony.degrees)):
        chord = harmony.chord(bar)
        for index, step in enumerate(rhythm):
            following = rhythm[index + 1] if index + 1 < len(rhythm) else harmony.n_per_bar * steps
            pool = chord if is_walking or rng.random() < 0.15 else chord[:1]
            pitch = _within(int(rng.choice(pool)), _BASS_RANGE)
            count = bar * harmony.n_per_bar + step / steps
            held = (following - step) / steps * length
            tones.append(Tone(count, held, pitch, rng.uniform(0.7, 1.0)))
    return tones


def chord_part(harmony: Harmony, rng: np.random.Generator) -> list[Tone]:
    """Chords: held for a bar, struck in a rhythm, or broken into single tones."""
    style = int(rng.integers(3))
    steps = (1, int(rng.choice((1, 2, 2, 4))), int(rng.choice((2, 4))))[style]
    n_steps = harmony.n_per_bar * steps
    rhythm = [0] if style == 0 else _rhythm(n_steps, rng.uniform(0.3, 1.0), rng)
    strum = rng.uniform(0, 0.03) if rng.random() < 0.4 else 0.0
    length = rng.uniform(0.3, 1.0)
    low = int(rng.integers(_CHORD_RANGE[0], _CHORD_RANGE[1] - 12))
    tones = []
    for bar in range(len(harmony.degrees)):
        pitches = sorted(_within(pitch, (low, low + 12)) for pitch in harmony.chord(bar))
        for index, step in enumerate(rhythm):
            following = rhythm[index + 1] if index + 1 < len(rhythm) else n_steps
            held = (following - step) / steps * (1.0 if style == 0 else length)
            count = bar * harmony.n_per_bar + step / steps
            played = pitches if style < 2 else [pitches[index % len(pitches)]]
            level = rng.uniform(0.6, 1.0)
            for place, pitch in enumerate(played):
                tones.append(Tone(count + place * strum, held, pitch, level))
    return tones


def melody(harmony: Harmony, rng: np.random.Generator) -> list[Tone]:
    """Phrases of steps through the scale with rests between them."""
    low = int(rng.integers(_LEAD_RANGE[0], _LEAD_RANGE[1] - 14))
    pitches = [p for p in range(low, low + 15) if p % 12 in harmony.scale]
    lengths = np.array((0.25, 0.5, 0.5, 1.0, 1.0, 2.0)) * rng.choice((1.0, 1.0, 2.0))
    rest = rng.uniform(0.05, 0.35)
    at, end = 0.0, len(harmony.degrees) * harmony.n_per_bar
    place = int(rng.integers(len(pitches)))
    tones = []
    while at < end:
        n_counts = float(rng.choice(lengths))
        if rng.random() > rest:
            place = int(np.clip(place + rng.integers(-2, 3), 0, len(pitches) - 1))
            tones.append(Tone(at, n_counts * 0.95, pitches[place], rng.uniform(0.6, 1.0)))
        at += n_counts
    return tones


def _rhythm(n_steps: int, density: float, rng: np.random.Generator) -> list[int]:
    """Which steps of a bar are struck; the first always is."""
    return [step for step in range(n_steps) if step == 0 or rng.random() < density]


def _within(pitch_class: int, limits: Sequence[int]) -> int:
    """The lowest pitch of a class from the lower limit on."""
    return limits[0] + (pitch_class - limits[0]) % 12
