"""Hand percussion, which no lane means: tambourine, shaker, claps, congas, cowbell and the like.

Every sound is made here, differently in every recording. What they play follows the counts, as a
player's would, so that only the sound tells them from drums.
"""

from collections.abc import Callable, Sequence

import numpy as np

from drumscribe.data.render.filters import cut_db, filtered
from drumscribe.data.render.soundfont import SoundFont
from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import Float64Array, FloatArray

_N_VARIANTS = 3


def tambourine(rng: np.random.Generator) -> Float64Array:
    """A handful of jingles, not quite together."""
    times_s = _times(rng.uniform(0.12, 0.35))
    sound = np.zeros_like(times_s)
    for _ in range(int(rng.integers(5, 12))):
        late = np.maximum(0, times_s - rng.exponential(0.006))
        ring = np.sin(2 * np.pi * rng.uniform(4500, 10500) * late + rng.uniform(0, 6))
        sound += ring * np.exp(-late / rng.uniform(0.02, 0.09)) * (late > 0)
    hiss = _band(rng.standard_normal(len(times_s)), rng.uniform(4000, 6500), 10800)
    return np.asarray(sound + 2 * hiss * np.exp(-times_s / rng.uniform(0.02, 0.06)))


def shaker(rng: np.random.Generator) -> Float64Array:
    """Grains against a wall: noise that swells and goes."""
    times_s = _times(rng.uniform(0.06, 0.15))
    swell_s = rng.uniform(0.005, 0.03)
    shape = np.minimum(1, times_s / swell_s) * np.exp(-times_s / rng.uniform(0.015, 0.05))
    return np.asarray(
        _band(rng.standard_normal(len(times_s)), rng.uniform(3000, 6500), 10500) * shape
    )


def claps(rng: np.random.Generator) -> Float64Array:
    """Several hands within some hundredths of a second."""
    times_s = _times(rng.uniform(0.1, 0.3))
    shape = np.zeros_like(times_s)
    for _ in range(int(rng.integers(2, 6))):
        late = times_s - rng.uniform(0, 0.03)
        shape += np.exp(-np.maximum(0, late) / rng.uniform(0.004, 0.012)) * (late >= 0)
    shape += 0.3 * np.exp(-times_s / rng.uniform(0.03, 0.1))
    return (
        _band(rng.standard_normal(len(times_s)), rng.uniform(600, 1200), rng.uniform(2200, 5000))
        * shape
    )


def conga(rng: np.random.Generator) -> Float64Array:
    """A hand drum: a short tone that drops a little, and the slap of the hand."""
    times_s = _times(rng.uniform(0.15, 0.5))
    start_hz = rng.uniform(160, 520)
    frequency = start_hz * (1 + rng.uniform(0, 0.15) * np.exp(-times_s / 0.02))
    tone = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE)
    slap = _band(rng.standard_normal(len(times_s)), 800, 5000) * np.exp(-times_s / 0.008)
    return tone * np.exp(-times_s / rng.uniform(0.04, 0.16)) + rng.uniform(0.1, 1.2) * slap


def cowbell(rng: np.random.Generator) -> Float64Array:
    """Two partials in no simple ratio."""
    times_s = _times(rng.uniform(0.15, 0.5))
    base_hz = rng.uniform(450, 900)
    sound = np.zeros_like(times_s)
    for ratio in (1.0, rng.uniform(1.42, 1.55), rng.uniform(2.5, 3.2)):
        sound += np.sign(np.sin(2 * np.pi * base_hz * ratio * times_s)) / ratio
    shape = 0.5 * np.exp(-times_s / 0.015) + 0.5 * np.exp(-times_s / rng.uniform(0.04, 0.15))
    return _band(sound, 350, 6000) * shape


def wood(rng: np.random.Generator) -> Float64Array:
    """Claves, a wood block, or two sticks: one short high knock."""
    times_s = _times(0.12)
    tone = np.sin(2 * np.pi * rng.uniform(900, 3400) * times_s)
    tone += rng.uniform(0, 0.6) * np.sin(2 * np.pi * rng.uniform(2500, 6000) * times_s)
    click = rng.standard_normal(len(times_s)) * np.exp(-times_s / 0.002)
    return tone * np.exp(-times_s / rng.uniform(0.006, 0.035)) + rng.uniform(0.1, 0.8) * click


def triangle(rng: np.random.Generator) -> Float64Array:
    """A few high partials that ring."""
    times_s = _times(rng.uniform(0.2, 1.2))
    sound = np.zeros_like(times_s)
    for _ in range(int(rng.integers(3, 7))):
        sound += np.sin(2 * np.pi * rng.uniform(2500, 10000) * times_s + rng.uniform(0, 6))
    return sound * np.exp(-times_s / rng.uniform(0.05, 0.4))


def snap(rng: np.random.Generator) -> Float64Array:
    """A finger snap."""
    times_s = _times(0.12)
    noise = _band(
        rng.standard_normal(len(times_s)), rng.uniform(1000, 1800), rng.uniform(2500, 5000)
    )
    return noise * np.exp(-times_s / rng.uniform(0.008, 0.025))


_KINDS: tuple[
    tuple[Callable[[np.random.Generator], Float64Array], float, float, tuple[int, ...]], ...
] = (
    # Sound, how often, how dense it plays (0..1), General MIDI notes of its like.
    (tambourine, 0.3, 0.6, (54,)),
    (shaker, 0.22, 0.9, (69, 70, 82)),
    (claps, 0.08, 0.25, (39,)),
    (conga, 0.12, 0.6, (60, 61, 62, 63, 64, 65, 66)),
    (cowbell, 0.1, 0.4, (56, 67, 68)),
    (wood, 0.08, 0.4, (75, 76, 77)),
    (triangle, 0.06, 0.4, (80, 81)),
    (snap, 0.04, 0.25, (58, 73, 74)),
)


def draw_percussion(
    step_times_s: Sequence[float],
    n_samples: int,
    rng: np.random.Generator,
    font: SoundFont | None = None,
) -> FloatArray:
    """A player or two with a pattern each, shape (n_samples,).

    Args:
        step_times_s: the sixteenths of the recording (quarters of its counts), in seconds.
        n_samples: length of the result.
        rng: decides everything.
        font: where the sounds come from; by default they are made here.
    """
    weights = np.array([weight for _, weight, _, _ in _KINDS])
    sound = np.zeros(n_samples, np.float32)
    for _ in range(1 if rng.random() < 0.75 else 2):
        kind, _, density, notes = _KINDS[int(rng.choice(len(_KINDS), p=weights / weights.sum()))]
        played = _pattern(len(step_times_s), density, rng)
        times_s = [step_times_s[step] + rng.normal(0, 0.006) for step in played]
        levels = rng.uniform(0.3, 1.0, len(played))
        heard = kind if font is None else _recorded(font, notes)
        sound += played_at(heard, times_s, levels.tolist(), n_samples, rng)
    return sound


def _recorded(
    font: SoundFont, notes: Sequence[int]
) -> Callable[[np.random.Generator], Float64Array]:
    """A kind of sound that a SoundFont has recorded."""

    def kind(rng: np.random.Generator) -> Float64Array:
        return font.struck(int(rng.choice(notes)), int(rng.integers(60, 128))).astype(np.float64)

    return kind


def played_at(
    kind: Callable[[np.random.Generator], Float64Array],
    times_s: Sequence[float],
    levels: Sequence[float],
    n_samples: int,
    rng: np.random.Generator,
) -> FloatArray:
    """One instrument struck at some times, in seconds, shape (n_samples,)."""
    seed = int(rng.integers(2**31))
    # One instrument struck three ways: the same draws, higher and lower.
    variants = [_variant(kind, seed, index) for index in range(_N_VARIANTS)]
    sound = np.zeros(n_samples, np.float32)
    for time_s, level in zip(times_s, levels, strict=True):
        first = seconds_to_samples(time_s)
        if not 0 <= first < n_samples:
            continue
        hit = variants[int(rng.integers(_N_VARIANTS))][: n_samples - first]
        sound[first : first + len(hit)] += hit * np.float32(level)
    return sound


def _variant(
    kind: Callable[[np.random.Generator], Float64Array], seed: int, index: int
) -> FloatArray:
    sound = kind(np.random.default_rng(seed))
    tilt = (1.0, 0.92, 1.08)[index]
    times = np.arange(int(len(sound) / tilt)) * tilt
    heard = np.interp(times, np.arange(len(sound)), sound)
    return np.asarray(heard / (np.abs(heard).max() + 1e-9), np.float32)


def _pattern(n_steps: int, density: float, rng: np.random.Generator) -> list[int]:
    """Which steps are struck: a pattern of one or two bars of 16, with slips."""
    length = int(rng.choice((8, 16, 16, 32)))
    grid = int(rng.choice((1, 2, 2, 4)))
    wanted = density * rng.uniform(0.5, 1.3)
    pattern = [step for step in range(0, length, grid) if rng.random() < wanted]
    if not pattern:
        pattern = [4 % length, 12 % length]
    slip = rng.uniform(0, 0.1)
    return [step for step in range(n_steps) if step % length in pattern and rng.random() > slip]


def _times(duration_s: float) -> Float64Array:
    return np.arange(seconds_to_samples(duration_s)) / SAMPLE_RATE


def _band(signal: Float64Array, low_hz: float, high_hz: float) -> Float64Array:
    response = cut_db(low_hz, 2, is_high=True) + cut_db(high_hz, 2, is_high=False)
    return filtered(signal.astype(np.float32), response).astype(np.float64)
