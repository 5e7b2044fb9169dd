"""The chart for any game engine, by its own schema."""

import json
from itertools import pairwise

import jsonschema
import pytest
from hypothesis import given
from transcriptions import any_transcription, on_bars

from drumscribe.charts.lane_chart import SCHEMA_VERSION, write_lane_chart
from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap
from lane_chart_schema import LANE_CHART_SCHEMA

VALIDATOR = jsonschema.Draft202012Validator(LANE_CHART_SCHEMA)


def written(path, transcription):
    write_lane_chart(transcription, path)
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(LANE_CHART_SCHEMA)


@given(any_transcription)
def test_every_file_is_as_the_schema_says(tmp_path, transcription):
    VALIDATOR.validate(written(tmp_path / "a.json", transcription))


@given(any_transcription)
def test_everything_heard_is_read_back(tmp_path, transcription):
    chart = written(tmp_path / "a.json", transcription)
    found = sorted((event["time_s"], event["drum"], event["velocity"]) for event in chart["events"])
    expected = sorted((round(e.onset_s, 4), e.drum, e.velocity) for e in transcription.events)
    assert found == expected
    for event in chart["events"]:
        lane = transcription.kit[event["drum"]].lane
        assert chart["lanes"][event["lane"]] == lane


@given(any_transcription)
def test_beats_and_seconds_agree(tmp_path, transcription):
    chart = written(tmp_path / "a.json", transcription)
    tempo = TempoMap(tuple(chart["tempo"]["beats_s"]))
    for event in chart["events"]:
        assert float(tempo.seconds(event["beat"])) == pytest.approx(event["time_s"], abs=5e-4)


def test_levels_are_in_order_and_easier(tmp_path, rock):
    chart = written(tmp_path / "a.json", on_bars(rock(8), TempoMap.steady(100, until_s=20)))
    counts = [len(notes) for notes in chart["levels"].values()]
    assert list(chart["levels"]) == ["expert", "hard", "medium", "easy"]
    assert counts == sorted(counts, reverse=True)
    for notes in chart["levels"].values():
        assert all(one["time_s"] <= other["time_s"] for one, other in pairwise(notes))


def test_a_file_says_what_it_is(tmp_path):
    events = [DrumEvent(1.5, "crash", 90, 0.75)]
    tempo = TempoMap.steady(120, first_downbeat_s=0.5, until_s=3, numerator=3)
    chart = written(tmp_path / "a.json", on_bars(events, tempo, duration_s=2.25))
    assert chart["schema_version"] == SCHEMA_VERSION
    assert chart["lanes"] == list(LANES8.names)
    assert chart["duration_s"] == 2.25
    assert chart["tempo"]["bpm"] == 120
    assert chart["tempo"]["time_signatures"] == [
        {"first_beat": 0, "numerator": 3, "denominator": 4}
    ]
    assert chart["events"] == [
        {
            "time_s": 1.5,
            "beat": 2.0,
            "lane": 6,
            "drum": "crash",
            "velocity": 90,
            "confidence": 0.75,
        }
    ]


@pytest.mark.parametrize(
    "change",
    [{"schema_version": 2}, {"lanes": ["kick"]}, {"levels": {}}, {"tempo": {}}, {"more": 1}],
)
def test_the_schema_refuses_another_file(tmp_path, change):
    chart = written(tmp_path / "a.json", on_bars([], TempoMap.steady(100)))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(chart | change)
