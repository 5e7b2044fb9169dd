"""Scores: what is written where, read back by music21, and as text."""

from collections import Counter
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcriptions import any_transcription, on_bars

from drumscribe.charts.musicxml import write_musicxml
from drumscribe.charts.score import score_of
from drumscribe.charts.tab import write_tab
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap, TimeSignature

# Staff position as in a treble clef, and note head (docs/formats.md).
PLACES = {
    ("F4", "normal"): "kick",
    ("C5", "normal"): "snare",
    ("C5", "x"): "side_stick",
    ("G5", "x"): "hihat",
    ("D4", "x"): "hihat_pedal",
    ("E5", "normal"): "high_tom",
    ("D5", "normal"): "mid_tom",
    ("A4", "normal"): "low_tom",
    ("A5", "x"): "crash",
    ("F5", "x"): "ride",
    ("F5", "diamond"): "ride_bell",
}
BPM = 100.0
BEAT_S = 60 / BPM
FOUR = TempoMap.steady(BPM, until_s=30)


def at_beats(*hits, tempo=FOUR):
    """Events from (beat, drum) or (beat, drum, velocity)."""
    times_s = tempo.seconds([float(hit[0]) for hit in hits]).tolist()
    return [
        DrumEvent(t, hit[1], hit[2] if len(hit) > 2 else 90)
        for t, hit in zip(times_s, hits, strict=True)
    ]


def parsed(tmp_path, transcription):
    write_musicxml(transcription, tmp_path / "a.musicxml")
    import music21  # late: it takes a third of a second

    return music21.converter.parse(tmp_path / "a.musicxml", forceSource=True)


def members(note):
    """Single notes of a note or chord."""
    from music21.percussion import PercussionChord

    return note.notes if isinstance(note, PercussionChord) else (note,)


def read_back(score):
    """(quarters from the start, drum) of every note but graces, in order."""
    found = []
    for measure in score.parts[0].getElementsByClass("Measure"):
        for note in measure.recurse().notes:
            if note.duration.isGrace:
                continue
            start = Fraction(measure.offset) + Fraction(note.getOffsetInHierarchy(measure))
            for member in members(note):
                position = (member.displayName, member.notehead)
                found.append((start.limit_denominator(96), PLACES[position]))
    return sorted(found)


def written(score):
    """(quarters from the start, drum as it is written) of every hit of our score, in order."""
    hits, start = [], Fraction(0)
    for bar in score.bars:
        for cell in bar.cells:
            for slot, struck in cell.hits.items():
                place = start + cell.quarters * Fraction(slot, cell.division)
                hits += [
                    (place, hit.drum if hit.drum in PLACES.values() else hit.lane) for hit in struck
                ]
            start += cell.quarters
    return sorted(hits)


@pytest.mark.slow
@given(any_transcription)
@settings(max_examples=25)
def test_another_program_reads_every_hit_where_it_is_written(tmp_path, transcription):
    score = parsed(tmp_path, transcription)
    assert read_back(score) == written(score_of(transcription))


@pytest.mark.slow
@given(any_transcription)
@settings(max_examples=25)
def test_every_bar_is_full(tmp_path, transcription):
    for measure in parsed(tmp_path, transcription).parts[0].getElementsByClass("Measure"):
        expected = measure.barDuration.quarterLength
        for voice in measure.voices or [measure]:
            assert voice.highestTime == pytest.approx(expected, abs=1e-6)


STRAIGHT = [Fraction(i, 4) for i in range(4)]
TRIPLETS = [Fraction(i, 3) for i in range(3)]
beats = st.one_of(st.sets(st.sampled_from(STRAIGHT)), st.sets(st.sampled_from(TRIPLETS)))


@pytest.mark.slow
@given(
    st.lists(beats, min_size=1, max_size=12),
    st.sampled_from(LANES8.names),
    st.integers(0, 2**32),
)
@settings(max_examples=25)
def test_sixteenths_and_triplets_played_by_a_person_are_written_as_meant(
    tmp_path, places, lane, seed
):
    player = np.random.default_rng(seed)
    meant = [beat + place for beat, cell in enumerate(places) for place in sorted(cell)]
    events = [
        DrumEvent(max(0.0, float(at) * BEAT_S + player.normal(0, 0.005)), lane, 90) for at in meant
    ]
    score = parsed(tmp_path, on_bars(events, FOUR))
    assert [(at, drum) for at, drum in read_back(score)] == [(at, lane) for at in meant]


def test_every_drum_has_its_place_and_midi_note(tmp_path):
    drums = [drum.name for drum in ARTICULATIONS12.classes]
    events = at_beats(*((beat, drum) for beat, drum in enumerate(drums)))
    score = parsed(tmp_path, on_bars(events, FOUR, kit=ARTICULATIONS12))
    expected = [
        (beat, "hihat" if drum in ("hihat_closed", "hihat_open") else drum)
        for beat, drum in enumerate(drums)
    ]
    assert read_back(score) == expected
    text = (tmp_path / "a.musicxml").read_text()
    for drum in ARTICULATIONS12.classes:
        assert f'<midi-instrument id="P1-{drum.name}">' in text
        assert f"<midi-unpitched>{drum.note_written + 1}</midi-unpitched>" in text
    assert text.count("<midi-channel>10</midi-channel>") == len(ARTICULATIONS12)


def test_hands_and_feet_are_two_voices_with_stems_apart(tmp_path):
    events = at_beats((0, "kick"), (0, "hihat"), (1, "snare"), (2, "kick"), (3, "crash"))
    (measure,) = parsed(tmp_path, on_bars(events, FOUR)).parts[0].getElementsByClass("Measure")
    hands, feet = measure.voices
    assert {m.stemDirection for n in hands.notes for m in (n, *members(n))} <= {"up", "unspecified"}
    assert {note.stemDirection for note in feet.notes} == {"down"}
    assert [rest.quarterLength for rest in feet.getElementsByClass("Rest")] == [1.0, 1.0]


def test_ghosts_accents_and_open_hats_are_marked(tmp_path):
    from music21.articulations import Accent, OpenString

    events = at_beats((0, "snare", 20), (1, "snare", 120), (2, "hihat_open"))
    score = parsed(tmp_path, on_bars(events, FOUR, kit=ARTICULATIONS12))
    ghost, accent, open_hat = score.recurse().notes
    assert ghost.noteheadParenthesis
    assert [type(mark) for mark in accent.articulations] == [Accent]
    assert [type(mark) for mark in open_hat.articulations] == [OpenString]


def test_a_triplet_has_a_bracket_and_a_beam(tmp_path):
    events = at_beats(*((Fraction(i, 3), "snare") for i in range(3)))
    notes = list(parsed(tmp_path, on_bars(events, FOUR)).recurse().notes)
    assert [note.duration.tuplets[0].type for note in notes] == ["start", None, "stop"]
    assert [note.beams.getTypes() for note in notes] == [["start"], ["continue"], ["stop"]]


def test_six_eight_is_beamed_in_threes(tmp_path):
    tempo = TempoMap.steady(200, until_s=30, numerator=6, denominator=8)
    events = at_beats(*((i, "hihat") for i in range(6)), tempo=tempo)
    score = parsed(tmp_path, on_bars(events, tempo))
    assert score.recurse().getElementsByClass("TimeSignature")[0].ratioString == "6/8"
    beams = [note.beams.getTypes()[0] for note in score.recurse().notes]
    assert beams == ["start", "continue", "stop"] * 2


def test_a_hit_before_the_first_downbeat_has_a_bar_of_its_own(tmp_path):
    tempo = TempoMap.steady(BPM, first_downbeat_s=BEAT_S, until_s=30)
    events = at_beats((-1, "snare"), (0, "kick"), tempo=tempo)
    assert read_back(parsed(tmp_path, on_bars(events, tempo))) == [(3, "snare"), (4, "kick")]


def test_a_changed_metre_is_shown_where_it_changes(tmp_path):
    beats_s = tuple(0.5 * i for i in range(20))
    tempo = TempoMap(beats_s, (TimeSignature(0, 4, 4), TimeSignature(4, 3, 4)))
    events = at_beats((0, "kick"), (4, "kick"), (7, "kick"), tempo=tempo)
    part = parsed(tmp_path, on_bars(events, tempo)).parts[0]
    shown = [
        (measure.number, signature.ratioString)
        for measure in part.getElementsByClass("Measure")
        for signature in measure.getElementsByClass("TimeSignature")
    ]
    assert shown == [(1, "4/4"), (2, "3/4")]


@pytest.mark.parametrize("denominator", [64, 128])
def test_the_finest_metre_of_a_midi_file_is_written(tmp_path, denominator):
    tempo = TempoMap.steady(BPM, until_s=30, numerator=7, denominator=denominator)
    events = at_beats((0, "kick"), (3, "kick"), (9, "kick"), tempo=tempo)
    write_musicxml(on_bars(events, tempo), tmp_path / "a.musicxml")
    root = ElementTree.parse(tmp_path / "a.musicxml").getroot()
    notes = [note for note in root.iter("note") if note.find("rest") is None]
    assert {note.findtext("type") for note in notes} == {f"{denominator}th"}


def test_a_recording_without_hits_is_a_bar_of_rest(tmp_path):
    score = parsed(tmp_path, on_bars([], FOUR))
    assert Counter(type(e).__name__ for e in score.recurse().notesAndRests) == {"Rest": 1}


def test_a_tab_has_a_line_for_each_drum_that_plays(tmp_path):
    events = at_beats(
        *((i / 2, "hihat") for i in range(4)),
        (0, "kick"),
        (1, "snare", 120),
        (1.25, "snare", 20),
        *((2 + i / 3, "low_tom") for i in range(3)),
        (3, "crash"),
    )
    write_tab(on_bars(events, FOUR), tmp_path / "groove.txt")
    lines = (tmp_path / "groove.txt").read_text().splitlines()
    assert lines[0] == "groove"
    assert lines[lines.index("bar 1, 4/4") :] == [
        "bar 1, 4/4",
        "   1e+a2e+a3ta4e+a",
        "CC|-----------X---|",
        "HH|x-x-x-x--------|",
        "FT|--------ooo----|",
        "SN|----Og---------|",
        "BD|o--------------|",
    ]


@pytest.mark.parametrize(
    ("n_strokes", "count", "snare"),
    [
        (2, "1 t a ", "o--o--"),
        (3, "1 t a ", "o-o-o-"),
        (4, "1   t   a   ", "o--o--o--o--"),
        (6, "1 t a ", "oooooo"),
        (12, "1   t   a   ", "oooooooooooo"),
    ],
)
def test_even_strokes_of_a_compound_beat_are_drawn_evenly(tmp_path, n_strokes, count, snare):
    """A beat is three counts of 180 a minute."""
    tempo = TempoMap.steady(180, until_s=30, numerator=6, denominator=8)
    events = at_beats(*((3 * k / n_strokes, "snare") for k in range(n_strokes)), tempo=tempo)
    write_tab(on_bars(events, tempo), tmp_path / "a.txt")
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert lines[1] == "60 beats a minute"
    assert lines[lines.index("bar 1, 6/8") + 1 :] == [f"   {count}2 t a ", f"SN|{snare}------|"]


@given(any_transcription)
def test_a_tab_shows_every_hit_and_keeps_its_lines_level(tmp_path, transcription):
    write_tab(transcription, tmp_path / "a.txt")
    rows = [line for line in (tmp_path / "a.txt").read_text().splitlines() if "|" in line]
    n_symbols = sum(c not in "|-" for row in rows for c in row.partition("|")[2])
    hits = Counter(
        (at, drum if drum == "hihat_pedal" else lane_of(drum))
        for at, drum in written(score_of(transcription))
    )
    assert n_symbols == len(hits)


def lane_of(drum):
    return ARTICULATIONS12[drum].lane if drum in ARTICULATIONS12.index_by_name else drum
