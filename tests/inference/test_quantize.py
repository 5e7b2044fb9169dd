"""Hits on a grid: nothing merges, nothing overtakes, and the grid is the map's."""

import numpy as np
import pytest
from grooves import SHUFFLE, beats_at, play
from hypothesis import given, settings
from hypothesis import strategies as st

from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.inference.quantize import quantize
from drumscribe.inference.tempo_hints import DIVISIONS
from drumscribe.parsers.transcribing import add_transcribe
from drumscribe.tempo import TempoMap, TimeSignature

STEADY = TempoMap.steady(120, until_s=30)

events = st.lists(
    st.builds(DrumEvent, st.floats(0, 20), st.sampled_from(LANES8.names[:3]), st.integers(1, 127)),
    max_size=60,
).map(sorted)
close_events = st.lists(
    st.builds(DrumEvent, st.floats(1, 1.3), st.sampled_from(LANES8.names[:3]), st.just(100)),
    max_size=25,
).map(sorted)
maps = st.builds(
    lambda gaps, metre, first: TempoMap(
        tuple(np.cumsum([0.0, *gaps]).tolist()), (TimeSignature(first, *metre),)
    ),
    st.lists(st.floats(0.2, 1.2), min_size=3, max_size=30),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 4)]),
    st.integers(0, 2),
)
divisions = st.sampled_from(DIVISIONS)


def grid_s(tempo, division, until_s=40.0):
    """Every step of every bar, counted bar by bar."""
    signature = tempo.time_signatures[0]
    steps = signature.denominator / division
    last = int(np.ceil(tempo.positions(until_s))) + 2 * signature.numerator
    positions = []
    for bar in range(signature.first_beat - 40 * signature.numerator, last, signature.numerator):
        positions.extend(np.arange(bar, bar + signature.numerator - 1e-9, steps))
    return tempo.seconds(positions)


@given(st.one_of(events, close_events), maps, divisions, st.floats(0, 1))
def test_no_hits_merge_or_overtake(played, tempo, division, strength):
    found = quantize(played, tempo, division, strength=strength).events
    assert [(e.drum, e.velocity) for e in found] == [(e.drum, e.velocity) for e in played]
    times_s = [e.onset_s for e in found]
    assert times_s == sorted(times_s)
    for drum in LANES8.names:
        before = {round(e.onset_s, 5) for e in played if e.drum == drum}
        after = {e.onset_s for e in found if e.drum == drum}
        assert len(after) >= len(before)


@given(events, maps, divisions)
def test_without_strength_nothing_moves(played, tempo, division):
    found = quantize(played, tempo, division, strength=0.0)
    assert [e.onset_s for e in found.events] == pytest.approx([e.onset_s for e in played])


@settings(deadline=None)
@given(events, maps, divisions)
def test_at_full_strength_hits_are_on_the_grid_but_those_left(played, tempo, division):
    found = quantize(played, tempo, division)
    if found.swing != 0.5:
        return
    grid = grid_s(tempo, division)
    off = [np.abs(grid - e.onset_s).min() > 1e-6 for e in found.events]
    assert sum(off) <= found.n_left


@given(events, maps, divisions)
def test_a_hit_goes_to_a_step_no_farther_than_half_of_one(played, tempo, division):
    found = quantize(played, tempo, division)
    step = tempo.time_signatures[0].denominator / division
    moved = tempo.positions([e.onset_s for e in found.events]) - tempo.positions(
        [e.onset_s for e in played]
    )
    reach = 1.0 if found.swing == 0.5 else 2 * found.swing
    assert np.abs(moved).max(initial=0) <= reach * step / 2 + 1e-6


@pytest.mark.parametrize(
    ("division", "expected_s"),
    [(4, 0.5), (8, 0.75), (12, 2 / 3), (16, 0.625), (24, 2 / 3), (32, 0.625)],
)
def test_steps_of_120(division, expected_s):
    found = quantize([DrumEvent(0.65, "snare", 90)], STEADY, division)
    assert found.events[0].onset_s == pytest.approx(expected_s)
    assert found.moved_s[0] == pytest.approx(expected_s - 0.65)


def test_the_transcription_stays_as_it_is():
    played = [DrumEvent(0.52, "kick", 90)]
    quantize(played, STEADY, 8)
    assert played == [DrumEvent(0.52, "kick", 90)]


def test_half_the_strength_is_half_the_way():
    found = quantize([DrumEvent(0.54, "kick", 90)], STEADY, 8, strength=0.5)
    assert found.events[0].onset_s == pytest.approx(0.52)


def test_a_flam_keeps_both_of_its_hits():
    played = [DrumEvent(0.97, "snare", 40), DrumEvent(1.0, "snare", 110)]
    found = quantize(played, STEADY, 16)
    assert [e.onset_s for e in found.events] == [0.97, 1.0]
    assert found.n_left == 1
    assert "1 left as played" in found.summary()


def test_swing_is_found_and_kept():
    beats_s = beats_at(120, 30)
    found = quantize(play(SHUFFLE, beats_s, jitter_s=0.004), STEADY, 8)
    assert found.swing == pytest.approx(2 / 3, abs=0.02)
    assert np.abs(found.moved_s).max() < 0.03
    assert "swing 67 %" in found.summary() or "swing 66 %" in found.summary()


def test_bars_of_seven_eighths_begin_on_their_own_line():
    tempo = TempoMap.steady(240, until_s=10, numerator=7, denominator=8)
    played = [DrumEvent(1.7, "kick", 100), DrumEvent(1.76, "crash", 100)]
    assert [e.onset_s for e in quantize(played, tempo, 4).events] == pytest.approx([1.75, 1.75])


def test_no_hits_are_no_trouble():
    assert quantize([], STEADY, 16).summary() == "no hits to move"


def test_the_command_offers_these_divisions():
    import argparse

    parser = argparse.ArgumentParser()
    add_transcribe(parser.add_subparsers())
    for division in DIVISIONS:
        arguments = parser.parse_args(["transcribe", "a.wav", "--quantize", str(division)])
        assert arguments.quantize == division
    with pytest.raises(SystemExit):
        parser.parse_args(["transcribe", "a.wav", "--quantize", "7"])
