"""What shards say of themselves, to the letter: other programs and later versions read it."""

import json

import numpy as np
import pytest

from drumscribe.config import FeatureConfig
from drumscribe.data.shard_format import (
    GAP_FRAMES,
    StoreHeader,
    header_from_json,
    shard_path,
    shard_paths,
    shifted,
)
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.timing import seconds_to_frame
from drumscribe.utils.errors import DrumscribeError

WRITTEN = (
    '{"classes": ["kick", "snare", "hihat", "high_tom", "mid_tom", "low_tom", "crash", "ride"], '
    '"clock": {"hop_length": 225, "sample_rate": 22050, "window_length": 1024}, '
    '"features": {"f_max_hz": 11025.0, "f_min_hz": 30.0, "n_mels": 128, "range_db": 80.0}, '
    '"format_version": 1, "kit": "lanes8"}'
)


def changed(**changes: object) -> str:
    return json.dumps(json.loads(WRITTEN) | changes)


def test_a_header_is_written_in_one_way_alone():
    """A store is told from one that was made otherwise by comparing it as text."""
    assert StoreHeader(LANES8, FeatureConfig()).to_json() == WRITTEN


@pytest.mark.parametrize("kit", [LANES8, ARTICULATIONS12])
def test_a_header_is_read_as_it_was_written(kit):
    header = StoreHeader(kit, FeatureConfig(n_mels=64, f_min_hz=20.0))
    assert header_from_json(header.to_json(), source="a.h5") == header


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format_version": 2}, r"a\.h5: format 2, but this version reads 1; run"),
        ({"clock": {"sample_rate": 44_100}}, r"a\.h5: .*clock"),
        ({"kit": "lanes9"}, r"a\.h5: .*lanes9"),
        ({"classes": ["snare", "kick"]}, r"a\.h5: "),
        ({"features": {"n_mels": 0}}, r"a\.h5: .*n_mels"),
    ],
)
def test_a_header_of_other_meaning_is_refused(changes, told):
    with pytest.raises(DrumscribeError, match=told):
        header_from_json(changed(**changes), source="a.h5")


def test_the_gap_is_a_quarter_of_a_second_and_no_frame_longer():
    assert GAP_FRAMES - 1 < seconds_to_frame(0.25) <= GAP_FRAMES


def test_the_shards_of_a_folder_are_those_that_are_whole_in_order(tmp_path):
    assert shard_path(tmp_path, 7) == tmp_path / "shard-00007.h5"
    shards = [shard_path(tmp_path, index) for index in (0, 2, 10)]
    for path in (*reversed(shards), tmp_path / ".0a1b2c3d.partial.h5", tmp_path / "other.h5"):
        path.touch()
    assert shard_paths(tmp_path) == shards
    assert shard_paths(tmp_path / "absent") == []


def test_shifting_moves_times_of_a_copy_alone():
    hits = np.array([(0.5, 2), (1.5, 3)], [("onset_s", "f8"), ("drum", "i8")])
    assert shifted(hits, "onset_s", 0.25).tolist() == [(0.75, 2), (1.75, 3)]
    assert hits["onset_s"].tolist() == [0.5, 1.5]
