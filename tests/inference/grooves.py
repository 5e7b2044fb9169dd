"""Drummers for tests of beats and grids: hits on beats of any tempo, with a human's hand."""

from collections.abc import Callable, Sequence

import numpy as np

from drumscribe.events import DrumEvent

Pattern = Sequence[tuple[float, str, int]]

ROCK: Pattern = (
    *((0.5 * eighth, "hihat", 90 if eighth % 2 == 0 else 60) for eighth in range(8)),
    (0.0, "kick", 110),
    (1.0, "snare", 110),
    (2.0, "kick", 105),
    (2.5, "kick", 90),
    (3.0, "snare", 112),
)
WALTZ: Pattern = (
    *((float(beat), "ride", 90) for beat in range(3)),
    (0.0, "kick", 110),
    (1.0, "snare", 95),
    (2.0, "snare", 95),
)
SLOW_BLUES: Pattern = (
    *((float(eighth), "hihat", 90) for eighth in range(6)),
    (0.0, "kick", 110),
    (3.0, "snare", 112),
    (5.0, "kick", 90),
)
SHUFFLE: Pattern = (
    *((beat + part, "ride", 85) for beat in range(4) for part in (0.0, 2 / 3)),
    *ROCK[8:11],
    (3.0, "snare", 112),
)


def beats_at(bpm: float | Callable[[float], float], duration_s: float, first_s: float = 0.0):
    """Times of beats whose tempo may depend on the time."""
    times_s = [first_s]
    while times_s[-1] < duration_s:
        now = bpm(times_s[-1]) if callable(bpm) else bpm
        times_s.append(times_s[-1] + 60.0 / now)
    return np.array(times_s)


def play(pattern: Pattern, beats_s, *, counts: int = 4, jitter_s: float = 0.0, seed: int = 0):
    """A pattern, bar after bar, with a crash on every fourth bar's first beat."""
    rng = np.random.default_rng(seed)
    n_bars = (len(beats_s) - 1) // counts
    hits = [(bar * counts + at, drum, v) for bar in range(n_bars) for at, drum, v in pattern]
    hits += [(bar * counts, "crash", 110) for bar in range(0, n_bars, 4)]
    events = []
    for at, drum, velocity in hits:
        time_s = np.interp(at, np.arange(len(beats_s)), beats_s) + jitter_s * rng.normal()
        events.append(DrumEvent(max(0.0, float(time_s)), drum, velocity))
    return sorted(events)
