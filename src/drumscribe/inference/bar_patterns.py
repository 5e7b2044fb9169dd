"""Where in the bar drums fall: what tells the first beat from the third, and 4/4 from 6/8.

A pattern holds, for each group of drums, how its hits share out over the bar: rows are the bar's
pulses, columns the places ``SLOTS`` of a pulse. The shares of 4/4 were counted on the training
split of the Groove MIDI Dataset (887 performances, hits at the nearest place, every performance
alike, in hundredths); those of other metres are built from them, as the dataset has next to none.
"""

from dataclasses import dataclass

import numpy as np

from drumscribe.tempo import is_compound
from drumscribe.utils.arrays import Float64Array

GROUPS = ("kick", "snare", "ghost", "time", "crash", "tom")
"""Groups of drums in index order: ghost is a soft snare, time is hi-hat and ride."""

SLOTS = (0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75)
"""Places of a pulse that hits are played at, as parts of it: sixteenths and triplets."""

_COMMON_TIME = {
    "kick": ((22, 1, 0, 5, 1, 5), (7, 2, 1, 7, 1, 3), (12, 2, 1, 7, 1, 3), (7, 2, 1, 6, 1, 2)),
    "snare": ((4, 2, 1, 4, 1, 3), (18, 2, 1, 5, 1, 4), (6, 4, 2, 5, 2, 4), (17, 3, 1, 6, 1, 4)),
    "ghost": ((5, 5, 3, 5, 1, 4), (4, 5, 3, 5, 1, 8), (6, 6, 3, 5, 2, 4), (4, 4, 2, 4, 2, 8)),
    "time": ((11, 1, 1, 9, 1, 2), (11, 1, 1, 9, 1, 2), (11, 1, 1, 9, 1, 2), (11, 1, 1, 9, 1, 2)),
    "crash": ((52, 1, 0, 4, 0, 1), (7, 0, 0, 4, 1, 2), (8, 1, 0, 3, 0, 0), (6, 0, 0, 5, 1, 2)),
    "tom": ((5, 2, 1, 5, 1, 2), (5, 2, 1, 6, 1, 3), (7, 4, 2, 8, 2, 4), (12, 5, 2, 13, 3, 5)),
}

# A slow pulse of three eighths: kick on the first pulse, snare on the second, time on all eighths.
_COMPOUND_TIME = {
    "kick": ((28, 1, 5, 2, 8, 3), (10, 1, 4, 2, 8, 3)),
    "snare": ((4, 1, 4, 2, 6, 2), (34, 1, 6, 3, 9, 2)),
    "ghost": ((5, 4, 9, 5, 9, 4), (5, 4, 9, 5, 9, 4)),
    "time": ((14, 1, 11, 2, 11, 2), (14, 1, 11, 2, 11, 2)),
    "crash": ((60, 1, 1, 2, 2, 1), (10, 1, 1, 1, 2, 1)),
    "tom": ((6, 2, 5, 2, 6, 2), (13, 2, 10, 4, 13, 3)),
}


@dataclass(frozen=True)
class BarPattern:
    """What a bar of one metre looks like.

    Attributes:
        numerator: counts of the bar.
        denominator: the note that a count is.
        counts_per_pulse: 3 in compound metres, whose pulse is a dotted note; else 1.
        shares: of each group's hits over the bar, summing to 1; shape (groups, pulses, slots).
    """

    numerator: int
    denominator: int
    counts_per_pulse: int
    shares: Float64Array

    @property
    def n_pulses(self) -> int:
        """Pulses of a bar."""
        return self.numerator // self.counts_per_pulse


def bar_pattern(numerator: int, denominator: int) -> BarPattern:
    """The pattern of any metre.

    6/8, 9/8 and 12/8 are bars of dotted pulses. Other metres begin like a bar of 4/4 and end like
    one, and go on in between as its second and third beat do by turns.
    """
    in_threes = is_compound(numerator, denominator)
    table, counts_per_pulse = (_COMPOUND_TIME, 3) if in_threes else (_COMMON_TIME, 1)
    n_rows = len(table["kick"])
    n_pulses = numerator // counts_per_pulse
    middle = [1 + index % 2 for index in range(n_pulses - 2)] if n_rows == 4 else [1] * n_pulses
    rows = [0, *middle[: max(0, n_pulses - 2)], n_rows - 1][:n_pulses]
    shares = np.array([[table[group][row] for row in rows] for group in GROUPS], np.float64)
    shares /= shares.sum(axis=(1, 2), keepdims=True)
    return BarPattern(numerator, denominator, counts_per_pulse, shares)
