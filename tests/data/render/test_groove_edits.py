"""Edits of what is played: each does what it says and nothing else; scores keep to bars."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.render import groove_edits, made_up
from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE
from drumscribe.data.render.groove_edits import Grid, edited
from drumscribe.data.render.performances import Stroke, read_performance, read_performances
from drumscribe.data.render.render_config import GrooveConfig, PlayingConfig
from drumscribe.data.render.score import draw_score, grabbed_counts
from drumscribe.drums import LANES8
from drumscribe.utils.errors import DrumscribeError

GRID = Grid(n_counts=16, counts_per_bar=4, counts_per_minute=120)
NEVER = GrooveConfig(**dict.fromkeys(vars(GrooveConfig()), 0.0))


def rock() -> list[Stroke]:
    """Four bars of eighths on the hi-hat, kick and snare, a tom at the end of each bar."""
    strokes = []
    for step in range(32):
        strokes.append(Stroke(step / 2, 42, 80))
        if step % 4 in (0, 2):
            strokes.append(Stroke(step / 2, 36 if step % 4 == 0 else 38, 100))
        if step % 8 == 7:
            strokes.append(Stroke(step / 2, 48, 90))
    return strokes


def lanes(strokes: list[Stroke]) -> set[str]:
    return {LANES8.name_by_note[stroke.note] for stroke in strokes}


def test_no_edit_changes_nothing():
    assert edited(rock(), GRID, NEVER, np.random.default_rng(1)) == (rock(), [])


@pytest.mark.parametrize("seed", range(30))
def test_all_edits_give_playable_strokes_in_order(seed: int):
    rng = np.random.default_rng(seed)
    strokes, _ = edited(rock(), GRID, GrooveConfig(), rng)
    counts = [stroke.count for stroke in strokes]
    assert counts == sorted(counts)
    assert all(-0.2 < count < 16.2 for count in counts)
    assert all(1 <= stroke.velocity <= 127 for stroke in strokes)
    assert {stroke.note for stroke in strokes} <= set(ARTICULATION_BY_NOTE)


@pytest.mark.parametrize("seed", range(8))
def test_moved_hihats_keep_their_times(seed: int):
    moved = groove_edits.move_hihat(rock(), GRID, np.random.default_rng(seed))
    assert "hihat" not in lanes(moved)
    assert [s.count for s in moved] == [s.count for s in rock()]
    assert [s.velocity for s in moved] == [s.velocity for s in rock()]


def test_snares_go_to_toms_and_sticks(rng: np.random.Generator):
    assert "snare" not in lanes(groove_edits.snare_on_tom(rock(), GRID, rng))
    crossed = groove_edits.cross_stick(rock(), GRID, rng)
    assert {s.note for s in crossed if LANES8.name_by_note[s.note] == "snare"} == {37}


def test_swapped_toms_reach_every_tom():
    found = set()
    for seed in range(20):
        found |= lanes(groove_edits.swap_toms(rock(), GRID, np.random.default_rng(seed)))
    assert {"high_tom", "mid_tom", "low_tom"} <= found


def test_a_crash_begins_the_section_with_a_kick(rng: np.random.Generator):
    crashed = groove_edits.crash_on_bars(rock(), GRID, rng)
    first = [stroke.note for stroke in crashed if abs(stroke.count) < 0.05]
    assert 36 in first
    assert 42 not in first
    assert {"crash"} <= {LANES8.name_by_note[note] for note in first}


def test_flams_come_before_softer(rng: np.random.Generator):
    flammed = groove_edits.flams([Stroke(i, 38, 100) for i in range(16)], GRID, rng)
    graces = [stroke for stroke in flammed if stroke.count % 1 > 0.5]
    assert graces
    for grace in graces:
        ahead_s = (1 - grace.count % 1) * 0.5  # 120 counts a minute
        assert 0.017 < ahead_s < 0.041
        assert grace.velocity < 100


def test_gaps_are_silent_and_solos_alone():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        counts = sorted(s.count for s in groove_edits.gap(rock(), GRID, rng))
        padded = np.array([0.0, *counts, 16.0])
        assert np.diff(padded).max() >= 0.9
        assert 1 <= len(lanes(groove_edits.solo(rock(), GRID, rng))) <= 2
        assert groove_edits.solo([], GRID, rng) == []


@pytest.mark.parametrize("seed", range(10))
def test_made_up_passages_fit(seed: int):
    rng = np.random.default_rng(seed)
    for make in (made_up.fill, made_up.blast, made_up.exercise):
        strokes = make(4, rng)
        assert all(-0.1 < stroke.count < 4.1 for stroke in strokes)
        assert all(1 <= stroke.velocity <= 127 for stroke in strokes)


def test_performances_are_read_in_counts(midi_dir: Path):
    infos = read_performances(midi_dir, "train")
    assert [info.is_fill for info in infos] == [False, True]
    performance = read_performance(infos[0])
    assert performance.n_bars == 4
    assert performance.strokes[0].count == pytest.approx(0, abs=0.01)
    assert sorted({round(s.count * 2) for s in performance.strokes}) == list(range(32))


def test_notes_that_no_drum_set_plays_are_told_of(
    tmp_path: Path, midi_dir: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "bells.mid"
    notes = [MidiNote(i * 0.25, (36, 80, 38, 81, 80)[i % 5], 90) for i in range(10)]
    write_midi(path, notes, duration_s=2.5, bpm=120)
    info = dataclasses.replace(read_performances(midi_dir, "train")[0], path=path)
    assert {stroke.note for stroke in read_performance(info).strokes} == {36, 38}
    assert "bells.mid: left out notes that no drum set plays: 80 x 4, 81 x 2" in caplog.text


def test_a_split_without_performances_is_refused(midi_dir: Path):
    with pytest.raises(DrumscribeError, match="no performance of the split 'other'"):
        read_performances(midi_dir, "other")


def test_scores_last_as_long_as_asked_and_count_in(midi_dir: Path):
    infos = read_performances(midi_dir, "train")
    counted_in = GrooveConfig(**{**vars(NEVER), "count_in": 1.0})
    ways = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        score = draw_score(infos, PlayingConfig(), counted_in, rng, duration_s=20)
        assert score.tempo.beats_s[-1] >= 20
        assert [beat.number for beat in score.beats(10)][:5] == [1, 2, 3, 4, 1]
        first_bar = {stroke.note for stroke in score.strokes if stroke.count < 3.8}
        ways.add("sticks" if score.stick_counts else "piece")
        assert bool(score.stick_counts) != bool(first_bar)
    assert ways == {"sticks", "piece"}


def test_cymbals_are_grabbed_in_silences_only(rng: np.random.Generator):
    strokes = [Stroke(count, 49, 100) for count in (0.0, 1.0, 4.0, 5.0)]
    (count,) = grabbed_counts(strokes, 1.0, rng)
    assert 1.0 < count < 4.0
    assert grabbed_counts(strokes, 0.0, rng) == grabbed_counts([], 1.0, rng) == []
