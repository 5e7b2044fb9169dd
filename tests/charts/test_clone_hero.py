"""Songs for Clone Hero and YARG as their own parsers read them."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import mido
import pytest
from clone_hero_reader import chart_seconds, read_notes_chart, read_spans
from hypothesis import given
from midi_checks import assert_sound
from transcriptions import any_transcription, on_bars

from drumscribe.charts.clone_hero_midi import write_notes_mid
from drumscribe.charts.clone_hero_text import write_notes_chart
from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.hits import chords_of, playable_hits
from drumscribe.charts.pads import PadLayout
from drumscribe.charts.song_folder import ini_text
from drumscribe.data.midi_processing import read_midi
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap

SCANNER = Path(__file__).with_name("scan_chart")

# What the formats call the lanes (docs/formats.md): pro note and tom marker of notes.mid, numbers
# of notes.chart, note of PART ELITE_DRUMS.
LANES = {
    "kick": ({96}, {0}, 74),
    "snare": ({97}, {1}, 75),
    "hihat": ({98}, {2, 66}, 76),
    "high_tom": ({98, 110}, {2}, 78),
    "mid_tom": ({99, 111}, {3}, 79),
    "low_tom": ({100, 112}, {4}, 80),
    "ride": ({99}, {3, 67}, 81),
    "crash": ({100}, {4, 68}, 82),
}
EXPERT_NOTES = {*range(95, 101), 109, 110, 111, 112}
# Of each level: kick in PART DRUMS, how far below Expert in PART ELITE_DRUMS, part of notes.chart.
LEVELS = {
    "expert": (96, 0, "ExpertDrums"),
    "hard": (84, 24, "HardDrums"),
    "medium": (72, 48, "MediumDrums"),
    "easy": (60, 72, "EasyDrums"),
}
TEMPO = TempoMap.steady(100, until_s=60)

# The parser's own numbers.
TYPES = {"kick": 12, "red": 13, "yellow": 14, "blue": 15, "green": 16}
DOUBLE_KICK, TOM, CYMBAL, FLAM, GHOST, ACCENT = 8, 16, 32, 256, 512, 1024


def chart_of(*events, layout=None, tempo=TEMPO, kit=LANES8, duration_s=60.0):
    return game_chart(on_bars(events, tempo, kit=kit, duration_s=duration_s), layout)


def midi_notes(path, title):
    """(tick, note, velocity) of a track, and its texts."""
    (track,) = [t for t in mido.MidiFile(path).tracks if t.name == title]
    now, notes, texts = 0, [], []
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            notes.append((now, message.note, message.velocity))
        if message.type == "text":
            texts.append((now, message.text))
    return notes, texts


def text_sections(path):
    """Lines of each section of a .chart as (tick, rest)."""
    sections, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line[1:-1]
            sections[name] = []
        elif " = " in line:
            key, _, value = line.strip().partition(" = ")
            sections[name].append((int(key) if key.isdigit() else key, value))
    return sections


def text_numbers(path, section="ExpertDrums"):
    lines = text_sections(path)[section]
    return {int(value.split()[1]) for _, value in lines if value.startswith("N")}


@pytest.mark.parametrize("lane", LANES)
def test_a_lane_is_written_by_the_numbers_of_each_format(tmp_path, lane):
    pro, text, elite = LANES[lane]
    chart = chart_of(DrumEvent(4.0, lane, 90))
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    found = {note for _, note, _ in midi_notes(tmp_path / "notes.mid", "PART DRUMS")[0]}
    assert found & EXPERT_NOTES == pro
    assert text_numbers(tmp_path / "notes.chart") == text
    found = {note for _, note, _ in midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")[0]}
    assert elite in found


@pytest.mark.parametrize(
    ("drum", "notes"),
    [("hihat_open", {76}), ("hihat_closed", {76, 72}), ("hihat_pedal", {72})],
)
def test_the_eight_lane_part_tells_how_the_hat_is_played(tmp_path, drum, notes):
    chart = chart_of(DrumEvent(4.0, drum, 90), kit=ARTICULATIONS12)
    write_notes_mid(chart, tmp_path / "notes.mid")
    found = {note for _, note, _ in midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")[0]}
    assert {note for note in found if note >= 72} == notes


def test_a_hat_of_unknown_opening_may_be_open_or_closed(tmp_path):
    write_notes_mid(chart_of(DrumEvent(4.0, "hihat", 90)), tmp_path / "notes.mid")
    found = {note for _, note, _ in midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")[0]}
    assert {note for note in found if note >= 72} == {76, 88}


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_is_written_by_its_own_numbers(tmp_path, rock, level):
    base, below, section = LEVELS[level]
    chart = chart_of(*rock(16), duration_s=40)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    pads = sorted((note.tick, note.pad.number) for note in chart.pro_levels[level])
    numbers = {*range(base, base + 5)} | ({95} if level == "expert" else set())
    pro, _ = midi_notes(tmp_path / "notes.mid", "PART DRUMS")
    found = [(tick, max(0, note - base)) for tick, note, _ in pro if note in numbers]
    assert sorted(found) == pads
    lines = text_sections(tmp_path / "notes.chart")[section]
    found = [(tick, int(value.split()[1])) for tick, value in lines if value.startswith("N")]
    assert sorted((tick, n % 32) for tick, n in found if n < 5 or n == 32) == pads
    elite, _ = midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    lanes = {number - below: lane for lane, (_, _, number) in LANES.items()}
    lanes[73 - below] = "kick"
    found = [(tick, lanes[note]) for tick, note, _ in elite if note in lanes]
    assert sorted(found) == sorted((n.tick, n.hit.lane) for n in chart.lane_levels[level])


def test_star_power_and_fills_are_read_back_from_both_files(tmp_path, rock):
    chart = chart_of(*rock(40), duration_s=100)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    power = [(span.start_tick, span.end_tick) for span in chart.star_power]
    fills = [(span.start_tick, span.end_tick) for span in chart.fills]
    assert power
    assert fills
    pro = read_spans(tmp_path / "notes.mid", "PART DRUMS")
    elite = read_spans(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    assert [(start, end) for start, end, note in pro if note == 116] == power
    assert [(start, end) for start, end, note in elite if note == 104] == power
    for lane in range(120, 125):
        assert [(start, end) for start, end, note in pro if note == lane] == fills
    assert {note for _, _, note in pro if note > 112} == {116, *range(120, 125)}
    for _, _, section in LEVELS.values():
        lines = text_sections(tmp_path / "notes.chart")[section]
        for number, spans in ((2, power), (64, fills)):
            phrases = [(at, v.split()) for at, v in lines if v.startswith(f"S {number} ")]
            assert [(at, at + int(words[2])) for at, words in phrases] == spans


def test_sections_and_the_end_are_told_in_both_files(tmp_path, rock):
    chart = chart_of(*rock(16), duration_s=40)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    names = [(section.tick, section.name) for section in chart.sections]
    assert chart.grid.seconds(chart.end_tick) == pytest.approx(40 + chart.lead_in_s, abs=0.002)
    _, texts = midi_notes(tmp_path / "notes.mid", "EVENTS")
    assert texts == [(t, f"[section {name}]") for t, name in names] + [(chart.end_tick, "[end]")]
    events = text_sections(tmp_path / "notes.chart")["Events"]
    expected = [(t, f'E "section {name}"') for t, name in names]
    assert events == [*expected, (chart.end_tick, 'E "end"')]


@pytest.mark.parametrize(("numerator", "denominator", "exponent"), [(4, 4, 2), (6, 8, 3)])
def test_both_files_have_the_time_signature(tmp_path, numerator, denominator, exponent):
    tempo = TempoMap.steady(100, until_s=20, numerator=numerator, denominator=denominator)
    chart = chart_of(DrumEvent(4.2, "kick", 90), tempo=tempo, duration_s=20)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    (metre,) = read_midi(tmp_path / "notes.mid").metre_changes
    assert (metre.tick, metre.numerator, metre.denominator) == (0, numerator, denominator)
    lines = text_sections(tmp_path / "notes.chart")["SyncTrack"]
    assert lines[0] == (0, f"TS {numerator} {exponent}")


@pytest.mark.parametrize(
    ("velocity", "in_midi", "in_text"), [(20, 1, {1, 40}), (90, 100, {1}), (120, 127, {1, 34})]
)
def test_ghosts_and_accents_are_marked(tmp_path, velocity, in_midi, in_text):
    chart = chart_of(DrumEvent(4.0, "snare", velocity))
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    notes, texts = midi_notes(tmp_path / "notes.mid", "PART DRUMS")
    assert {v for _, note, v in notes if note == 97} == {in_midi}
    assert texts == [(0, "[ENABLE_CHART_DYNAMICS]")]
    assert text_numbers(tmp_path / "notes.chart") == in_text


def test_the_second_of_two_fast_kicks_is_for_the_second_pedal(tmp_path):
    kicks = [DrumEvent(4.0 + 0.1 * i, "kick", 100) for i in range(4)]
    chart = chart_of(*kicks, DrumEvent(6.0, "kick", 100))
    write_notes_mid(chart, tmp_path / "notes.mid")
    notes, _ = midi_notes(tmp_path / "notes.mid", "PART DRUMS")
    assert [note for _, note, _ in notes if note in (95, 96)] == [96, 95, 96, 95, 96]
    elite, _ = midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    assert [note for _, note, _ in elite if note in (73, 74)] == [74, 73, 74, 73, 74]
    write_notes_chart(chart, tmp_path / "notes.chart")
    assert {0, 32} == text_numbers(tmp_path / "notes.chart")


def test_two_strokes_of_a_drum_at_once_are_a_flam(tmp_path):
    chart = chart_of(DrumEvent(4.0, "snare", 60), DrumEvent(4.02, "snare", 100))
    write_notes_mid(chart, tmp_path / "notes.mid")
    notes, _ = midi_notes(tmp_path / "notes.mid", "PART DRUMS")
    assert sorted(note for _, note, _ in notes if note in EXPERT_NOTES) == [97, 109]
    elite, _ = midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    assert sorted(note for _, note, _ in elite if note >= 72) == [75, 87]


def test_flams_of_two_drums_at_once_share_their_marker_however_loud(tmp_path):
    strokes = [("snare", 20), ("low_tom", 120)]
    flams = [DrumEvent(t, drum, velocity) for t in (4.0, 4.02) for drum, velocity in strokes]
    write_notes_mid(chart_of(*flams), tmp_path / "notes.mid")
    assert_sound(tmp_path / "notes.mid")
    elite, _ = midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    expert = sorted((note, velocity) for _, note, velocity in elite if note >= 72)
    assert expert == [(75, 1), (80, 127), (87, 100)]


def test_hits_that_are_meant_together_are_on_one_tick():
    times_s = {"kick": 4.0, "hihat": 4.012, "snare": 4.02, "crash": 4.2}
    chart = chart_of(*(DrumEvent(t, lane, 90) for lane, t in times_s.items()))
    ticks = {note.hit.lane: note.tick for note in chart.lane_levels["expert"]}
    assert ticks["kick"] == ticks["hihat"] == ticks["snare"] < ticks["crash"]


@pytest.mark.parametrize(
    ("lanes", "layout", "expected"),
    [
        (["low_tom", "crash"], PadLayout(), {("blue", False), ("green", True)}),
        (["high_tom", "hihat"], PadLayout(), {("blue", False), ("yellow", True)}),
        (["mid_tom", "ride"], PadLayout(), {("yellow", False), ("blue", True)}),
        (["low_tom", "ride"], PadLayout(), {("green", False), ("blue", True)}),
        (["low_tom", "ride"], PadLayout(ride="green", crash="blue"), {("blue", False)}),
        (["crash", "ride"], PadLayout(ride="green"), {("green", True)}),
        (["snare", "crash", "hihat"], PadLayout(), {("red", False), ("green", True)}),
    ],
)
def test_what_cannot_be_played_together_is_resolved_by_the_rule(lanes, layout, expected):
    chart = chart_of(*(DrumEvent(4.0, lane, 90) for lane in lanes), layout=layout)
    pads = {(note.pad.colour, note.pad.is_cymbal) for note in chart.pro_levels["expert"]}
    assert expected <= pads
    assert len(chart.pro_levels["expert"]) == len({colour for colour, _ in pads})
    assert len(chart.lane_levels["expert"]) == len(lanes)


@given(any_transcription)
def test_no_chart_is_unplayable_whatever_was_heard(tmp_path, transcription):
    chart = game_chart(transcription)
    for levels, has_hands in ((chart.pro_levels, True), (chart.lane_levels, False)):
        assert tuple(levels) == ("expert", "hard", "medium", "easy")
        for above, below in pairwise(levels.values()):
            assert {(n.tick, n.hit.lane) for n in below} <= {(n.tick, n.hit.lane) for n in above}
        for notes in levels.values():
            for chord in chords_of([note.hit for note in notes]):
                n_hands = sum(hit.lane != "kick" for hit in chord)
                assert n_hands <= 2 or not has_hands
    assert chart.sections
    assert chart.grid.seconds(min((n.tick for n in chart.lane_levels["expert"]), default=9999)) > 1
    assert all(phrase.start_tick < phrase.end_tick for phrase in chart.star_power + chart.fills)


@given(any_transcription)
def test_no_file_is_unsound_whatever_was_heard(tmp_path, transcription):
    chart = game_chart(transcription)
    write_notes_mid(chart, tmp_path / "notes.mid", name='a "name"')
    assert_sound(tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart", title='a "name"\nof two lines')
    for name, lines in text_sections(tmp_path / "notes.chart").items():
        ticks = [tick for tick, _ in lines]
        assert name == "Song" or ticks == sorted(ticks)
        notes = [line for line in lines if line[1].startswith("N")]
        assert len(notes) == len(set(notes))


@given(any_transcription)
def test_the_eight_lane_part_is_read_back_as_what_is_played(tmp_path, transcription):
    chart = game_chart(transcription)
    write_notes_mid(chart, tmp_path / "notes.mid")
    notes, _ = midi_notes(tmp_path / "notes.mid", "PART ELITE_DRUMS")
    lanes = {elite: lane for lane, (_, _, elite) in LANES.items()} | {73: "kick"}
    found = sorted((tick, lanes[note]) for tick, note, _ in notes if note in lanes)
    hits = playable_hits(transcription.events, transcription.kit, transcription.tempo)
    expected = [
        (hit.onset_s, hit.lane)
        for hit in sorted(hits, key=lambda h: (h.onset_s, h.lane))
        if hit.drum != "hihat_pedal"
    ]
    assert [lane for _, lane in found] == [lane for _, lane in expected]
    for (tick, _), (onset_s, _) in zip(found, expected, strict=True):
        heard_s = float(chart.grid.seconds(tick)) - chart.lead_in_s
        assert heard_s == pytest.approx(onset_s, abs=0.001)


def test_easier_levels_keep_the_groove_and_lose_the_rest(rock):
    chart = chart_of(*rock(16), duration_s=40)
    counts = [len(notes) for notes in chart.lane_levels.values()]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == 4
    backbeats = {
        round((note.hit.position - 4 * (note.hit.position // 4)), 2)
        for note in chart.lane_levels["easy"]
        if note.hit.lane == "snare"
    }
    assert backbeats <= {1.0, 3.0}
    easy_s = [note.hit.onset_s for note in chart.lane_levels["easy"]]
    assert min(b - a for a, b in pairwise(easy_s)) >= 0.42


def test_a_song_begins_on_a_bar_line_after_enough_silence(rock):
    chart = chart_of(*rock(8, first_s=0.37), tempo=TempoMap.steady(100, first_downbeat_s=0.37))
    first = chart.lane_levels["expert"][0]
    assert chart.grid.seconds(first.tick) - chart.lead_in_s == pytest.approx(0.37, abs=0.001)
    assert first.tick in chart.grid.bar_ticks(chart.end_tick)
    assert chart.grid.seconds(first.tick) >= 2
    assert [metre.tick for metre in chart.grid.metre_changes] == [0]


def test_star_power_and_fills_stand_on_bars_and_apart(rock):
    chart = chart_of(*rock(40), duration_s=100)
    lines = set(chart.grid.bar_ticks(chart.end_tick))
    assert len(chart.star_power) == 5
    assert chart.fills
    assert {phrase.start_tick for phrase in chart.star_power} <= lines
    assert {fill.end_tick for fill in chart.fills} <= lines
    spans = sorted((s.start_tick, s.end_tick) for s in chart.star_power + chart.fills)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize("bpm", [97.3333, 120.0004, 173.21])
def test_neither_file_drifts_in_a_long_song(tmp_path, bpm):
    tempo = TempoMap.steady(bpm, until_s=1200)
    kicks = [DrumEvent(time_s, "kick", 90) for time_s in tempo.beats_s[4::16]]
    chart = chart_of(*kicks, tempo=tempo, duration_s=1200)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    expected_s = [kick.onset_s + chart.lead_in_s for kick in kicks]
    ticks = [tick for tick, _, _ in read_notes_chart(tmp_path / "notes.chart")]
    assert {tick % 480 for tick in ticks} == {0}  # beats are beats, to the end
    in_text_s = chart_seconds(tmp_path / "notes.chart", ticks)
    in_midi_s = [
        note.onset_s for note in read_midi(tmp_path / "notes.mid").notes if note.note == 96
    ]
    assert in_text_s == pytest.approx(expected_s, abs=0.001)
    assert in_midi_s == pytest.approx(expected_s, abs=0.001)


def test_music_too_slow_for_midi_is_at_its_time_in_the_text_as_well(tmp_path):
    tempo = TempoMap.steady(28, until_s=60, denominator=32)  # a quarter takes 17.1 s
    kicks = [DrumEvent(time_s, "kick", 90) for time_s in (5.0, 30.0, 55.0)]
    chart = chart_of(*kicks, tempo=tempo, duration_s=60)
    write_notes_chart(chart, tmp_path / "notes.chart")
    ticks = [tick for tick, _, _ in read_notes_chart(tmp_path / "notes.chart")]
    expected_s = [kick.onset_s + chart.lead_in_s for kick in kicks]
    assert chart_seconds(tmp_path / "notes.chart", ticks) == pytest.approx(expected_s, abs=0.01)


def test_a_groove_that_comes_again_has_the_same_letter():
    verse = [DrumEvent(0.6 * i, "hihat", 90) for i in range(32)]
    chorus = [DrumEvent(19.2 + 0.6 * i, "ride", 90) for i in range(32)]
    again = [DrumEvent(38.4 + 0.6 * i, "hihat", 90) for i in range(32)]
    chart = chart_of(*verse, *chorus, *again)
    assert [s.name for s in chart.sections] == ["Groove A", "Groove B", "Groove A 2"]


def test_an_ini_leaves_out_what_is_empty_and_keeps_lines_apart():
    assert ini_text({"name": "a\nb", "artist": "", "year": 1999}) == (
        "[song]\nname = a b\nyear = 1999\n"
    )


# As the parser behind the community's chart library reads them.


@pytest.fixture
def scan():
    """Runs scan-chart; ``npm install`` in ``tests/charts/scan_chart`` gets it."""
    node = shutil.which("node")
    if node is None or not (SCANNER / "node_modules" / "scan-chart").is_dir():
        pytest.skip("needs node, and 'npm install' in tests/charts/scan_chart")

    def run(folder, *names):
        finished = subprocess.run(
            [node, "scan.mjs", folder, *names],
            cwd=SCANNER,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(finished.stdout)

    return run


def flags_of(note, level):
    flags = 0
    if note.pad.colour != "kick":
        flags |= CYMBAL if note.pad.is_cymbal else TOM
    if level == "expert" and note.hit.is_second_kick:
        flags |= DOUBLE_KICK
    flags |= {"ghost": GHOST, "accent": ACCENT, "normal": 0}[note.hit.dynamic]
    return flags


@pytest.mark.parametrize("name", ["notes.mid", "notes.chart"])
def test_the_community_parser_reads_every_note_and_has_no_complaint(tmp_path, scan, rock, name):
    flam = [DrumEvent(9.6 + 4.8 * i + 0.02, "snare", 110) for i in range(3)]
    double = [DrumEvent(0.6 * i + 0.15, "kick", 100) for i in range(8, 24, 3)]
    events = [*rock(40), *flam, *double]
    chart = chart_of(*events, duration_s=97.0, tempo=TempoMap.steady(100, until_s=97))
    write_notes_mid(chart, tmp_path / "notes.mid", name="Title")
    write_notes_chart(chart, tmp_path / "notes.chart", title="Title")
    (tmp_path / "song.opus").write_bytes(b"")
    (tmp_path / "song.ini").write_text(
        "[song]\nname = T\nartist = A\nalbum = B\ngenre = Rock\nyear = 2000\ncharter = C\n"
        "song_length = 110000\ndiff_drums = 3\npro_drums = True\n"
    )
    found = scan(tmp_path, name, "song.ini", "song.opus")
    assert found["playable"] is True
    assert found["drumType"] == 1  # four lanes, with cymbals
    assert found["issues"] == ["noAlbumArt"]
    names = [name.removesuffix("]") for name in found["sections"]]  # of MIDI's "[section X]"
    assert names == [section.name for section in chart.sections]
    for level, notes in chart.pro_levels.items():
        expected = [
            (1000 * float(chart.grid.seconds(note.tick)), TYPES[note.pad.colour], note)
            for note in notes
        ]
        read = found["levels"][level]
        assert len(read["notes"]) == len(expected)
        read_notes = sorted(read["notes"], key=lambda n: (round(n[0], 1), n[1]))
        ordered = sorted(expected, key=lambda n: (round(n[0], 1), n[1]))
        for (time_ms, kind, flags), (expected_ms, expected_kind, note) in zip(
            read_notes, ordered, strict=True
        ):
            assert time_ms == pytest.approx(expected_ms, abs=1)
            assert kind == expected_kind
            assert flags & ~FLAM == flags_of(note, level)
        assert read["starPower"] == len(chart.star_power)
        assert read["fills"] == len(chart.fills)
