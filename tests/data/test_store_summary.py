"""The splits csv files and the sums over a split."""

import csv
from collections import Counter

import numpy as np
import pytest

from drumscribe.data.shard_writer import writing_shard
from drumscribe.data.store_summary import summarise_split
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.drums import LANES8
from store_fixtures import STORE_HEADER, stored_recording

FIRST_COLUMNS = [
    "audio_filename",
    "midi_filename",
    "kit_name",
    "status",
    "reason",
    "duration_s",
    "n_frames",
    "offset_ms",
    "alignment_confidence",
    "label_source",
    "shard",
]
CLASS_COLUMNS = [f"n_{name}" for name in LANES8.names]


def events_of(*drums):
    return np.array(
        [(0.1 * i, LANES8.index_by_name[d], 9) for i, d in enumerate(drums)], EVENT_DTYPE
    )


def write_shard(path, recordings=(), skipped=()):
    """A shard of recordings, each given as its changes to the usual entry and its events."""
    with writing_shard(path, STORE_HEADER, "x") as writer:
        for reason in skipped:
            writer.skip(*reason)
        for name, changes, events in recordings:
            entry = stored_recording(writer.n_frames, 99, name)
            entry = type(entry)(**{**vars(entry), **changes})
            writer.add(entry, np.ones((99, 8), np.float32), events, np.zeros(0, BEAT_DTYPE))
    return path


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def test_sums_run_over_all_shards(tmp_path):
    paths = [
        write_shard(
            tmp_path / "shard-00000.h5",
            [
                ("a.wav", {"unknown_notes": {"99": 2}}, events_of("kick", "ride", "kick")),
                ("b.wav", {"label_source": "canonical", "offset_s": 0.02}, events_of("snare")),
            ],
            [("c.wav", "no hits", "empty")],
        ),
        write_shard(
            tmp_path / "shard-00001.h5",
            [("d.wav", {"unknown_notes": {"99": 1, "13": 4}}, events_of())],
            [("e.wav", "no hits", "empty"), ("f.wav", "no usable audio", "absent")],
        ),
    ]
    summary = summarise_split(paths, tmp_path / "train.csv")
    assert summary.n_recordings == 3
    assert summary.duration_s == pytest.approx(3.0)
    assert +summary.hits == {"kick": 2, "snare": 1, "ride": 1}
    assert set(summary.hits) == set(LANES8.names)
    assert summary.unknown_notes == {99: 3, 13: 4}
    assert summary.skipped == {"no hits": 2, "no usable audio": 1}
    assert summary.offsets_s == [0.0, 0.02, 0.0]
    assert summary.label_sources == {"own": 2, "canonical": 1}


def test_the_csv_has_a_row_for_every_recording_left_out_or_not(tmp_path):
    changes = {"offset_s": -0.01234, "alignment_confidence": 0.8765, "kit_name": "909 Simple"}
    path = write_shard(
        tmp_path / "shard-00003.h5",
        [("a.wav", changes, events_of("kick", "ride", "kick"))],
        [("b.wav", "no usable audio", 'b.wav: holds "nothing", at all')],
    )
    summarise_split([path], tmp_path / "train.csv")
    columns, rows = read_csv(tmp_path / "train.csv")
    assert columns == FIRST_COLUMNS + CLASS_COLUMNS
    ok, skipped = rows
    assert ok == {
        "audio_filename": "a.wav",
        "midi_filename": "a.midi",
        "kit_name": "909 Simple",
        "status": "ok",
        "reason": "",
        "duration_s": "1.0000",
        "n_frames": "99",
        "offset_ms": "-12.34",
        "alignment_confidence": "0.876",
        "label_source": "own",
        "shard": "shard-00003.h5",
        **dict.fromkeys(CLASS_COLUMNS, "0"),
        "n_kick": "2",
        "n_ride": "1",
    }
    filled = {name: value for name, value in skipped.items() if value}
    assert filled == {
        "audio_filename": "b.wav",
        "status": "skipped",
        "reason": 'no usable audio: b.wav: holds "nothing", at all',
        "shard": "shard-00003.h5",
    }


def test_columns_do_not_depend_on_which_recording_comes_first(tmp_path):
    left_out = write_shard(tmp_path / "shard-00000.h5", [], [("b.wav", "no hits", "empty")])
    kept = write_shard(tmp_path / "shard-00001.h5", [("a.wav", {}, events_of("kick"))])
    summarise_split([left_out, kept], tmp_path / "train.csv")
    columns, rows = read_csv(tmp_path / "train.csv")
    assert columns == FIRST_COLUMNS + CLASS_COLUMNS
    assert [row["audio_filename"] for row in rows] == ["b.wav", "a.wav"]


def test_a_split_without_recordings_has_a_csv_with_columns(tmp_path):
    summary = summarise_split([], tmp_path / "splits" / "val.csv")
    assert (summary.n_recordings, summary.duration_s, summary.hits) == (0, 0, Counter())
    columns, rows = read_csv(tmp_path / "splits" / "val.csv")
    assert columns == FIRST_COLUMNS
    assert rows == []
