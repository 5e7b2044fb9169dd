"""Performances of people, written in every format and read again: the same strokes, in order."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from clone_hero_reader import read_notes_chart, read_pro_drums
from dtx_reader import read_dtx_hits
from hypothesis import given
from transcriptions import any_transcription, on_bars

from drumscribe.charts.clone_hero_midi import write_notes_mid
from drumscribe.charts.clone_hero_text import write_notes_chart
from drumscribe.charts.dtx import write_dtx
from drumscribe.charts.formats import write_format
from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.midi import read_transcription_midi, write_transcription_midi
from drumscribe.charts.note_maps import TD17
from drumscribe.charts.song_info import SongInfo
from drumscribe.drums import LANES8
from drumscribe.inference.transcriber import Transcription

GMD = Path(__file__).parents[2] / "../shared/data/gmd"
N_PERFORMANCES = 200
MAX_HITS = 500  # of each, for the time that takes
MILLISECOND = 0.001
TENTH = 0.0001


def heard(transcription):
    return [(event.onset_s, event.drum) for event in transcription.events]


def midi(transcription, path):
    write_transcription_midi(transcription, path)
    return heard(read_transcription_midi(path))


def midi_td17(transcription, path):
    write_transcription_midi(transcription, path, TD17)
    return heard(read_transcription_midi(path, note_map=TD17))


def table(transcription, path):
    write_format(transcription, "csv", path)
    with path.open(newline="", encoding="utf-8") as file:
        return [(float(row["onset_s"]), row["drum"]) for row in csv.DictReader(file)]


def events_json(transcription, path):
    write_format(transcription, "json", path)
    return [(e["onset_s"], e["drum"]) for e in json.loads(path.read_text())["events"]]


def lanes_json(transcription, path):
    write_format(transcription, "lanes", path)
    chart = json.loads(path.read_text())
    return [(e["time_s"], chart["lanes"][e["lane"]]) for e in chart["events"]]


def jams_file(transcription, path):
    import jams  # late: it takes a second

    write_format(transcription, "jams", path)
    (notes,) = jams.load(str(path), validate=False, fmt="jams").search(namespace="note_midi")
    return [(o.time, LANES8.name_by_note[o.value]) for o in notes.data]


EVERYTHING = {
    midi: MILLISECOND,
    midi_td17: MILLISECOND,
    table: TENTH,
    events_json: TENTH,
    lanes_json: TENTH,
    jams_file: TENTH,
}


def assert_same(found, expected, resolution_s):
    """The same strokes of each lane at the same times, and none out of order."""
    assert len(found) == len(expected)
    assert [time for time, _ in found] == sorted(time for time, _ in found)
    for lane in LANES8.names:
        found_s = [time_s for time_s, drum in found if drum == lane]
        expected_s = sorted(time_s for time_s, drum in expected if drum == lane)
        assert found_s == pytest.approx(expected_s, abs=resolution_s), lane


def without_twins(transcription):
    """A copy without strokes that no MIDI file can hold apart: of one drum within a tick."""
    kept, latest = [], {}
    for event in transcription.events[:MAX_HITS]:
        if event.onset_s - latest.get(event.drum, -1.0) > 3 * MILLISECOND:
            kept.append(event)
            latest[event.drum] = event.onset_s
    return Transcription(kept, transcription.kit, transcription.duration_s, transcription.tempo)


def performances():
    """Some of the Groove MIDI Dataset, on the bars of its own files."""
    paths = sorted(GMD.rglob("*.mid"))
    if not paths:
        pytest.skip("the Groove MIDI Dataset is not here")
    chosen = np.random.default_rng(1).permutation(len(paths))[:N_PERFORMANCES]
    return [without_twins(read_transcription_midi(paths[index])) for index in sorted(chosen)]


def check_everything(transcription, folder):
    for write_and_read, resolution_s in EVERYTHING.items():
        found = write_and_read(transcription, folder / "a")
        assert_same(found, heard(transcription), resolution_s)


def check_games(transcription, folder):
    """Game formats hold what is playable, later by the silence before the song."""
    chart = game_chart(transcription)
    expected = [(n.tick, n.pad.number, n.pad.is_cymbal) for n in chart.pro_levels["expert"]]
    write_notes_mid(chart, folder / "notes.mid")
    assert read_pro_drums(folder / "notes.mid") == sorted(expected)
    write_notes_chart(chart, folder / "notes.chart")
    assert read_notes_chart(folder / "notes.chart") == sorted(expected)
    write_dtx(chart, folder / "a.dtx", SongInfo())
    notes = [(n.hit.onset_s, n.hit.lane) for n in chart.lane_levels["expert"]]
    slowest_s = max(change.seconds_per_quarter for change in chart.grid.tempo_changes)
    assert_same(read_dtx_hits(folder / "a.dtx"), notes, slowest_s / 96 / 2 + TENTH)


@given(any_transcription.filter(lambda t: t.kit is LANES8).map(without_twins))
def test_whatever_was_heard_is_read_back(tmp_path, transcription):
    check_everything(transcription, tmp_path)


@given(any_transcription)
def test_whatever_is_playable_is_read_back_by_games(tmp_path, transcription):
    check_games(transcription, tmp_path)


@pytest.mark.slow
def test_performances_of_people_are_read_back(tmp_path):
    for transcription in performances():
        check_everything(transcription, tmp_path)
        check_games(transcription, tmp_path)


def test_a_file_of_bars_is_read_as_its_bars(tmp_path, rock):
    from drumscribe.tempo import TempoMap

    tempo = TempoMap.steady(100, first_downbeat_s=0.8, until_s=20, numerator=3)
    write_transcription_midi(on_bars(rock(4), tempo, duration_s=20), tmp_path / "a.mid")
    found = read_transcription_midi(tmp_path / "a.mid").tempo
    assert found.time_signatures == tempo.time_signatures
    found_s = [beat.time_s for beat in found.beats() if beat.number == 1]
    expected_s = [b.time_s for b in tempo.beats() if b.number == 1]
    assert found_s[: len(expected_s) - 1] == pytest.approx(expected_s[:-1], abs=MILLISECOND)
