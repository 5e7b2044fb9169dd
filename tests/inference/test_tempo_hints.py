"""What a person may say about tempo and bars."""

import numpy as np
import pytest

from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.utils.errors import DrumscribeError


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        *(({"time_signature": metre}, "time_signature") for metre in ("4/4", (4,), 4, (4.5, 4))),
        *(({"time_signature": metre}, "time_signature") for metre in ((0, 4), (4, 3), ("4", "4"))),
        *(({"bpm": bpm}, "bpm") for bpm in ("120", 9, 1001, float("nan"))),
        *(({"first_beat_s": time_s}, "first_beat_s") for time_s in ("1", -1, np.inf, np.nan)),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(hint, told):
    with pytest.raises(DrumscribeError, match=f"{told} .*: must be"):
        TempoHints(**hint)


def test_numbers_of_every_kind_are_taken():
    hints = TempoHints(bpm=np.float32(120), time_signature=(6, 8), first_beat_s=0)
    assert hints.tempo_range() == pytest.approx((102, 138))
