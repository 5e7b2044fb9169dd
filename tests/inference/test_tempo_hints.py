"""What a person may say about tempo and bars."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.utils.errors import DrumscribeError


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        *(({"time_signature": metre}, "time_signature") for metre in ("4/4", ("4", "4"), (4,))),
        *(({"time_signature": metre}, "time_signature") for metre in (4, (4.5, 4))),
        *(
            ({"time_signature": metre}, "time_signature")
            for metre in ((0, 4), (33, 4), (4, 3), ("4", "4"))
        ),
        *(({"bpm": bpm}, "bpm") for bpm in ("120", Decimal(120), 9, 1001, 10**400, np.nan)),
        *(({"bpm": bpm}, "bpm") for bpm in (np.array([120.0]), np.array([120.0, 130.0]))),
        *(({"first_beat_s": time_s}, "first_beat_s") for time_s in ("1", -1, np.inf, np.nan)),
        *(({"first_beat_s": time_s}, "first_beat_s") for time_s in (Decimal(1), 10**400)),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(hint, told):
    with pytest.raises(DrumscribeError, match=f"{told} .*: must be"):
        TempoHints(**hint)


@pytest.mark.parametrize("metre", [(1, 1), (1, 4), (32, 32)])
def test_the_shortest_and_the_longest_bars_are_taken(metre):
    assert TempoHints(time_signature=metre).time_signature == metre


def test_numbers_of_every_kind_are_taken():
    for bpm in (120, np.float32(120), np.int64(120), Fraction(240, 2)):
        hints = TempoHints(bpm=bpm, time_signature=(6, 8), first_beat_s=0)
        assert hints.tempo_range() == pytest.approx((102, 138))
