"""How hard a level is, from how much there is to hit in its busiest seconds."""

from collections.abc import Sequence

import numpy as np

from drumscribe.charts.game_chart import Note

HARDEST = 6

# Notes in a second of the busiest tenth from which a level is rated 1, 2, ... 6.
_PER_SECOND = (2.0, 4.0, 6.0, 8.5, 11.0, 14.0)


def rating_of(notes: Sequence[Note]) -> int:
    """0, easiest, to ``HARDEST``; -1 without notes."""
    if not notes:
        return -1
    per_second = np.bincount(np.asarray([note.hit.onset_s for note in notes], np.int64))
    busiest = np.percentile(per_second[per_second > 0], 90)
    return int(np.searchsorted(_PER_SECOND, busiest, side="right"))
