"""A kit of more lanes than eight needs no more than its table: heard, scored and charted."""

import json
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import jsonschema
import pytest

from drumscribe.charts.clone_hero_midi import write_notes_mid
from drumscribe.charts.dtx import write_dtx
from drumscribe.charts.formats import FORMATS, write_format
from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.hits import Hit
from drumscribe.charts.lane_chart import lane_chart
from drumscribe.charts.midi import read_transcription_midi
from drumscribe.charts.note_maps import note_map
from drumscribe.charts.reduction import within_hands
from drumscribe.charts.song_info import SongInfo
from drumscribe.config import DataConfig, InferenceConfig
from drumscribe.drums import KITS, LANES8, DrumClass, Kit
from drumscribe.evaluation import references
from drumscribe.evaluation.evaluate import evaluate
from drumscribe.evaluation.figures import write_threshold_figure
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import Reference, ReferenceSet
from drumscribe.evaluation.report import ALIGNED
from drumscribe.evaluation.tuning import tune
from drumscribe.events import DrumEvent, fold_to_eight, fold_to_lanes
from drumscribe.inference.beats import find_tempo
from drumscribe.inference.transcriber import Transcriber, Transcription
from drumscribe.utils.errors import DrumscribeError
from evaluation.test_evaluate import ClairvoyantModel, bands_of
from lane_chart_schema import LANE_CHART_SCHEMA

COWBELL = DrumClass("cowbell", "Cowbell", "cowbell", (56,), 56, stand_in="ride")
NINE = Kit("nine_lanes", (*LANES8.classes, COWBELL))
EVENTS = [DrumEvent(2.0 + 0.25 * i, name, 90) for i, name in enumerate(NINE.names * 4)]
TEXT_FORMATS = [name for name in FORMATS if name not in {"svg", "pdf"}]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(KITS, NINE.name, NINE)


@pytest.fixture(scope="module")
def transcription():
    tempo = find_tempo(EVENTS, NINE, None, duration_s=12.0)
    return Transcription(EVENTS, NINE, 12.0, tempo)


def test_it_can_be_configured_and_mapped(tmp_path):
    assert DataConfig(kit=NINE.name).kit == NINE.name
    table = tmp_path / "notes.yaml"
    table.write_text("cowbell: 99\n")
    assert note_map(str(table)).note("cowbell", NINE) == 99


def test_its_own_lane_stays_unless_only_eight_are_known():
    assert fold_to_lanes(EVENTS, NINE) == EVENTS
    eight = fold_to_eight(EVENTS, NINE)
    assert [new.drum for new, old in zip(eight, EVENTS, strict=True) if old.drum == "cowbell"] == [
        *("ride", "ride", "ride", "ride")
    ]
    assert {event.drum for event in eight} == set(LANES8.names)


def reference_of(events):
    """A reference whose log-mel makes the clairvoyant model hear ``events``."""
    bands = bands_of(events, NINE, duration_s=12.0)
    return Reference("a.wav", "Acoustic", lambda: [bands], events)


@pytest.mark.parametrize(("merge_classes", "n_hits"), [(False, 36), (True, 32)])
def test_scores_are_of_nine_lanes_or_of_the_five_without_it(merge_classes, n_hits):
    transcriber = Transcriber(ClairvoyantModel(NINE), InferenceConfig())
    report = evaluate(
        transcriber, ReferenceSet([reference_of(EVENTS)]), merge_classes=merge_classes
    )
    assert ("cowbell" in report.classes) is not merge_classes
    assert len(report.classes) == (5 if merge_classes else 9)
    (score,) = report.recordings
    counts = sum(score.counts[ALIGNED][0.05].values(), Counts())
    assert (counts.n_reference, counts.f_measure) == (n_hits, 1.0)


@pytest.mark.slow
def test_it_is_tuned_and_drawn_with_all_its_lanes(tmp_path):
    transcriber = Transcriber(ClairvoyantModel(NINE), InferenceConfig())
    tuning = tune(transcriber, ReferenceSet([reference_of(EVENTS)]), InferenceConfig())
    assert tuple(tuning.thresholds) == tuple(tuning.curves) == NINE.names
    assert tuning.counts["cowbell"].f_measure == 1.0
    write_threshold_figure(tuning, tmp_path / "thresholds.svg")
    assert (tmp_path / "thresholds.svg").stat().st_size


def test_a_store_of_other_lanes_is_refused(tmp_path, monkeypatch):
    nine = ClairvoyantModel(NINE).header
    shard = SimpleNamespace(header=replace(nine, kit=LANES8))
    monkeypatch.setattr(references, "open_split", lambda folder: [shard])
    with pytest.raises(DrumscribeError, match=r"test: made for .*ride, but the kit 'nine_lanes'"):
        references.store_references(tmp_path / "test", nine)


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_every_format_is_written(transcription, name, tmp_path):
    write_format(transcription, name, tmp_path / "a.out")
    assert (tmp_path / "a.out").stat().st_size


def test_a_midi_file_is_read_back_with_all_nine(transcription, tmp_path):
    write_format(transcription, "mid", tmp_path / "a.mid")
    events = read_transcription_midi(tmp_path / "a.mid", NINE).events
    assert [event.drum for event in events] == [event.drum for event in EVENTS]


def test_a_lane_chart_has_nine_lanes(transcription):
    chart = json.loads(json.dumps(lane_chart(transcription)))
    jsonschema.validate(chart, LANE_CHART_SCHEMA)
    assert chart["lanes"] == list(NINE.names)
    assert {event["lane"] for event in chart["events"]} == set(range(9))


def test_a_tab_has_a_line_for_it(transcription, tmp_path):
    write_format(transcription, "tab", tmp_path / "a.txt")
    lines = [line for line in (tmp_path / "a.txt").read_text().splitlines() if line[:3] == "CO|"]
    assert sum(line.count("x") for line in lines) == 4


def test_a_tab_has_its_line_below_its_stand_in(tmp_path):
    events = [DrumEvent(2.0 + 0.5 * i, name, 90) for i in range(8) for name in NINE.names]
    tempo = find_tempo(events, NINE, None, duration_s=8.0)
    write_format(Transcription(events, NINE, 8.0, tempo), "tab", tmp_path / "a.txt")
    row = (tmp_path / "a.txt").read_text().split("\n\n")[-1].splitlines()
    labels = [line[:2] for line in row if line[2:3] == "|"]
    assert labels == ["CC", "RD", "CO", "HH", "T1", "T2", "FT", "SN", "BD"]


def test_a_score_tells_it_from_its_stand_in(transcription, tmp_path):
    write_format(transcription, "musicxml", tmp_path / "a.musicxml")
    root = ElementTree.parse(tmp_path / "a.musicxml").getroot()
    heads = Counter()
    for note in root.iter("note"):
        if (instrument := note.find("instrument")) is not None:
            place = note.findtext("unpitched/display-step"), note.findtext("notehead")
            heads[instrument.get("id"), *place] += 1
    assert heads["P1-cowbell", "F", "triangle"] == heads["P1-ride", "F", "x"] == 4
    assert sum(heads.values()) == 36


def test_a_lane_is_played_by_the_limb_of_its_stand_in():
    def hit(lane, stand_in=""):
        return Hit(1.0, 0.0, lane, lane, 30, stand_in=stand_in)

    feet = [hit("kick"), hit("kick_2", "kick")]
    chord = [*feet, hit("crash"), hit("gong_tom", "low_tom"), hit("hihat")]
    assert within_hands(chord) == [*feet, hit("crash"), hit("gong_tom", "low_tom")]
    assert [each.dynamic for each in chord] == ["normal", "normal", "normal", "ghost", "normal"]


def test_a_game_plays_it_on_its_stand_in(transcription, tmp_path):
    chart = game_chart(transcription)
    notes = chart.lane_levels["expert"]
    assert {note.hit.lane for note in notes} == set(LANES8.names)
    pads = {note.hit.lane: note.pad for note in notes}
    assert (pads["ride"].colour, pads["ride"].is_cymbal) == ("blue", True)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_dtx(chart, tmp_path / "a.dtx", SongInfo(title="a", artist="b"))
    assert (tmp_path / "notes.mid").stat().st_size
    assert (tmp_path / "a.dtx").stat().st_size
