"""Toms heard together: cases worked out by hand, and what must hold for any hits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.drums import ARTICULATIONS12, LANES8, Kit
from drumscribe.inference.doubled_toms import doubled_toms

TOMS = ("high_tom", "mid_tom", "low_tom")


def kept(*hits: tuple[int, str, float], kit: Kit = LANES8) -> list[tuple[int, str]]:
    """What is left of hits (frame, drum, activation)."""
    frames = np.array([frame for frame, _, _ in hits], np.int32)
    classes = np.array([kit.index_by_name[drum] for _, drum, _ in hits], np.uint8)
    heights = np.array([height for _, _, height in hits], np.float32)
    gives_way = doubled_toms(frames, classes, heights, kit)
    return [hit[:2] for hit, gone in zip(hits, gives_way, strict=True) if not gone]


def test_the_likelier_of_two_toms_stays():
    # Odds of 4 and 1.5: 1.5 < 0.6 x 4.
    assert kept((10, "high_tom", 0.6), (11, "mid_tom", 0.8)) == [(11, "mid_tom")]
    assert kept((10, "mid_tom", 0.8), (11, "low_tom", 0.6)) == [(10, "mid_tom")]


def test_two_likely_toms_both_stay():
    # Odds of 9 and 6: 6 > 0.6 x 9.
    both = (10, "high_tom", 0.9), (10, "low_tom", 6 / 7)
    assert kept(*both) == [(10, "high_tom"), (10, "low_tom")]


def test_a_tom_well_after_another_stays():
    assert len(kept((10, "high_tom", 0.95), (13, "mid_tom", 0.5))) == 1
    assert len(kept((10, "high_tom", 0.95), (14, "mid_tom", 0.5))) == 2


def test_certainty_outdoes_the_rest():
    assert kept((5, "high_tom", 1.0), (5, "mid_tom", 0.99), (6, "low_tom", 1.0)) == [
        (5, "high_tom"),
        (6, "low_tom"),
    ]


def test_other_drums_neither_give_way_nor_outdo():
    hits = [(10, name, 0.5) for name in LANES8.names if name not in TOMS]
    assert len(kept(*hits, (10, "kick", 0.99), (10, "mid_tom", 0.5))) == len(hits) + 2


def test_toms_of_other_kits_are_toms():
    hits = (10, "high_tom", 0.6), (10, "mid_tom", 0.8), (10, "side_stick", 0.5)
    assert kept(*hits, kit=ARTICULATIONS12) == [(10, "mid_tom"), (10, "side_stick")]


def test_no_hits_are_none():
    assert kept() == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60), st.sampled_from(LANES8.names), st.floats(2**-7, 1.0, width=32)
        ),
        max_size=60,
        unique_by=lambda hit: hit[:2],
    )
)
def test_wherever_a_tom_was_heard_one_stays(hits):
    hits.sort()
    left = kept(*hits)
    likeliest = max((hit for hit in hits if hit[1] in TOMS), key=lambda hit: hit[2], default=None)
    assert likeliest is None or likeliest[:2] in left
    assert [hit for hit in left if hit[1] not in TOMS] == [
        hit[:2] for hit in hits if hit[1] not in TOMS
    ]
