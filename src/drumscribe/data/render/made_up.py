"""Playing that no performance holds enough of: fills round the toms, blast beats, exercises.

Conventions: positions are counts from the start of the passage; velocities are 1..127.
"""

from collections.abc import Sequence

import numpy as np

from drumscribe.data.render.performances import Stroke
from drumscribe.events import MAX_VELOCITY

HIGH, MID, LOW = 48, 45, 43
SNARE, KICK = 38, 36
CRASHES = (49, 57, 55, 52)
RIDES = (51, 59, 53)
CLOSED_HIHATS = (42, 22)
OPEN_HIHATS = (46, 26)

_LOOSENESS = 0.012  # standard deviation of a made-up stroke's position, in counts
_STEPS_PER_COUNT = (2, 3, 4, 4, 6)

# How often an exercise is about each piece.
_PIECES: tuple[tuple[tuple[int, ...], float], ...] = (
    ((KICK,), 1.0),
    ((SNARE, 40), 1.0),
    (CLOSED_HIHATS, 0.8),
    (OPEN_HIHATS, 0.6),
    ((44,), 0.4),
    ((37,), 0.3),
    ((HIGH, 50), 1.6),
    ((MID, 47), 2.0),
    ((LOW, 58), 1.6),
    (CRASHES, 1.8),
    (RIDES, 1.2),
)


def fill(n_counts: int, rng: np.random.Generator) -> list[Stroke]:
    """A fill of ``n_counts`` counts: runs on snare and toms, mostly downwards, growing louder."""
    steps = int(rng.choice(_STEPS_PER_COUNT))
    order = [SNARE, HIGH, MID, LOW]
    if rng.random() < 0.3:
        order = order[::-1]
    elif rng.random() < 0.3:
        rng.shuffle(order)
    place = int(rng.integers(2))
    run = int(rng.choice((1, 2, 2, 3, 4)))
    base = rng.uniform(55, 100)
    growth = rng.uniform(-10, 45)
    strokes = []
    n_steps = n_counts * steps
    for step in range(n_steps):
        if rng.random() < 0.12:
            continue
        note = order[(place + step // run) % len(order)]
        if rng.random() < 0.12:
            note = KICK
        accent = 12 if step % run == 0 else 0
        velocity = base + growth * step / n_steps + accent + rng.normal(0, 6)
        strokes.append(loose_stroke(step / steps, note, velocity, rng))
        if rng.random() < 0.08:
            strokes.append(loose_stroke(step / steps, KICK, velocity, rng))
    return strokes


def blast(n_counts: int, rng: np.random.Generator) -> list[Stroke]:
    """A blast beat: kick and cymbal against the snare, two to a count."""
    cymbals = (CLOSED_HIHATS, RIDES, CRASHES)[int(rng.integers(3))]
    cymbal = int(rng.choice(cymbals))
    together = rng.random() < 0.3
    base = rng.uniform(75, 115)
    strokes = []
    for step in range(2 * n_counts):
        at = step / 2
        strokes.append(loose_stroke(at, cymbal, base + rng.normal(0, 8), rng))
        strokes.append(loose_stroke(at, KICK, base + rng.normal(0, 6), rng))
        offset = 0.0 if together else 0.25
        strokes.append(loose_stroke(at + offset, SNARE, base + rng.normal(0, 7), rng))
        if not together and rng.random() < 0.3:
            strokes.append(loose_stroke(at + offset, KICK, base - 10 + rng.normal(0, 6), rng))
    return strokes


def exercise(n_counts: int, rng: np.random.Generator) -> list[Stroke]:
    """Strokes on a few pieces, one after another or together, without a groove."""
    weights = np.array([weight for _, weight in _PIECES])
    n_pieces = int(rng.integers(1, 5))
    chosen = rng.choice(len(_PIECES), n_pieces, replace=False, p=weights / weights.sum())
    pools = [_PIECES[int(index)][0] for index in chosen]
    steps = int(rng.choice((1, 2, 2, 3, 4)))
    density, stay = rng.uniform(0.4, 1.0), rng.uniform(0.0, 0.9)
    level, spread = rng.uniform(45, 110), rng.uniform(3, 25)
    both = rng.uniform(0, 0.25)
    place = 0
    strokes = []
    for step in range(n_counts * steps):
        if rng.random() > density:
            continue
        place = place if rng.random() < stay else int(rng.integers(n_pieces))
        places = {place}
        if rng.random() < both:
            places.add(int(rng.integers(n_pieces)))
        for index in sorted(places):
            note = int(rng.choice(pools[index]))
            strokes.append(loose_stroke(step / steps, note, rng.normal(level, spread), rng))
    return strokes


def run_of(
    notes: Sequence[int], first: float, n_counts: int, rng: np.random.Generator
) -> list[Stroke]:
    """Even strokes on one piece for some counts from ``first`` on, three to six to a count."""
    steps = int(rng.choice((3, 4, 4, 6)))
    level = rng.uniform(70, 115)
    return [
        loose_stroke(first + step / steps, int(rng.choice(notes)), rng.normal(level, 6), rng)
        for step in range(n_counts * steps)
    ]


def loose_stroke(
    count: float,
    note: int,
    velocity: float,
    rng: np.random.Generator,
    looseness: float = _LOOSENESS,
) -> Stroke:
    """A stroke about ``count``, as ``looseness`` says, its velocity kept within MIDI's."""
    loose = count + rng.normal(0, looseness)
    return Stroke(loose, note, int(np.clip(round(velocity), 1, MAX_VELOCITY)))
