"""Shards: what is written comes back, and what is not a whole shard of our kind is refused."""

import dataclasses
import json

import h5py
import numpy as np
import pytest

from drumscribe.config import FeatureConfig
from drumscribe.data.feature_store import (
    Shard,
    open_split,
    opened_split,
    outline,
    select_recordings,
    shard_fingerprint,
)
from drumscribe.data.shard_format import GAP_FRAMES, SkippedRecording, StoreHeader
from drumscribe.data.shard_writer import writing_shard
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.timing import FRAME_RATE
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import (
    STORE_HEADER,
    random_events,
    stored_recording,
    write_random_shard,
)

NO_EVENTS = np.zeros(0, EVENT_DTYPE)
NO_BEATS = np.zeros(0, BEAT_DTYPE)
LENGTHS = [98, 1, 300, 1500]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train" / "shard-00000.h5"


@pytest.fixture
def written(path):
    return write_random_shard(path, LENGTHS, seed=1)


def rewrite_header(path, **changes):
    with h5py.File(path, "r+") as file:
        header = json.loads(file.attrs["header"]) | changes
        file.attrs["header"] = json.dumps(header)


def assert_refused_in_one_line(path, match):
    with pytest.raises(DrumscribeError, match=match) as caught:
        Shard(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message


def test_log_mel_comes_back_as_it_was_written(path, written):
    shard = Shard(path)
    assert shard.header == STORE_HEADER
    for recording, (log_mel, _) in zip(shard.recordings, written, strict=True):
        read = shard.log_mel(recording.start_frame, recording.n_frames)
        assert read.dtype == np.float32
        np.testing.assert_array_equal(read, log_mel)


def test_log_mel_loses_less_than_a_tenth_of_a_decibel(path):
    log_mel = np.linspace(0, 1, 8000, dtype=np.float32).reshape(1000, 8)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        writer.add(stored_recording(0, 1000), log_mel, NO_EVENTS, NO_BEATS)
    error_db = np.abs(Shard(path).log_mel(0, 1000) - log_mel) * STORE_HEADER.features.range_db
    assert error_db.max() < 0.1


def test_log_mel_is_rounded_to_halves_as_hdf5_rounds_it(path, tmp_path):
    halves = np.arange(np.float16(1).view(np.uint16) + 1, dtype=np.uint16).view(np.float16)
    ties = (halves[1:].astype(np.float32) + halves[:-1].astype(np.float32)) / 2
    around = np.concatenate([np.nextafter(ties, 0), ties, np.nextafter(ties, 1)]).reshape(-1, 8)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        writer.add(stored_recording(0, len(around)), around, NO_EVENTS, NO_BEATS)
    with h5py.File(tmp_path / "oracle.h5", "w") as file:
        oracle = file.create_dataset("log_mel", shape=around.shape, dtype=np.float16)
        oracle[:] = around
        np.testing.assert_array_equal(Shard(path).log_mel(0, len(around)), oracle[:])


def test_recordings_follow_each_other_with_a_silent_gap(path, written):
    shard = Shard(path)
    expected_start = 0
    for recording, length in zip(shard.recordings, LENGTHS, strict=True):
        assert (recording.start_frame, recording.n_frames) == (expected_start, length)
        end = expected_start + length
        assert not shard.log_mel(end, GAP_FRAMES).any()
        assert len(shard.events_between(end + 2, GAP_FRAMES - 4)) == 0
        expected_start = end + GAP_FRAMES
    assert shard.n_frames == expected_start


def test_a_slice_beyond_the_end_is_silence(path, written):
    shard = Shard(path)
    assert shard.log_mel(shard.n_frames - GAP_FRAMES - 1, 100).shape == (100, 8)
    assert shard.log_mel(shard.n_frames - GAP_FRAMES - 1, 100)[0].all()
    assert not shard.log_mel(shard.n_frames - GAP_FRAMES, 100).any()
    assert shard.log_mel(shard.n_frames + 1000, 5).shape == (5, 8)


def test_events_of_a_recording_come_back_in_its_own_time(path, written):
    shard = Shard(path)
    for recording, (_, events) in zip(shard.recordings, written, strict=True):
        read = shard.recording_events(recording)
        np.testing.assert_array_equal(read[["drum", "velocity"]], events[["drum", "velocity"]])
        np.testing.assert_allclose(read["onset_s"], events["onset_s"], rtol=0, atol=1e-9)


def test_events_at_the_very_edges_of_a_recording_stay_with_it(path):
    length_s = 99 / FRAME_RATE
    edges = np.array([(0.0, 0, 1), (1e-12, 1, 2), (length_s, 2, 3)], EVENT_DTYPE)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        for _ in range(50):
            recording = stored_recording(writer.n_frames, 100)
            writer.add(recording, np.ones((100, 8), np.float32), edges, NO_BEATS)
    shard = Shard(path)
    for recording in shard.recordings:
        read = shard.recording_events(recording)
        assert read["velocity"].tolist() == [1, 2, 3]
        np.testing.assert_allclose(read["onset_s"], edges["onset_s"], atol=1e-9)


def test_events_keep_their_time_at_the_end_of_a_day_long_shard(path):
    """Seconds are doubles, so even far into a shard they are exact to a nanosecond."""
    start = 24 * 3600 * FRAME_RATE
    events = random_events(np.random.default_rng(2), 100, 10.0)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        recording = stored_recording(start, 981)
        writer.add(recording, np.ones((981, 8), np.float32), events, NO_BEATS)
    shard = Shard(path)
    read = shard.recording_events(shard.recordings[0])
    np.testing.assert_allclose(read["onset_s"], events["onset_s"], rtol=0, atol=1e-9)


def test_reading_events_does_not_change_the_shards_own(path, written):
    shard = Shard(path)
    before = shard.events.copy()
    for recording in shard.recordings:
        shard.recording_events(recording)["onset_s"] += 5
    np.testing.assert_array_equal(shard.events, before)


def test_events_and_beats_near_a_slice_are_found(path):
    events = np.array([(k / FRAME_RATE, 0, 1) for k in range(0, 100, 10)], EVENT_DTYPE)
    beats = np.array([(k / FRAME_RATE, 1) for k in range(0, 100, 25)], BEAT_DTYPE)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        writer.add(stored_recording(0, 100), np.ones((100, 8), np.float32), events, beats)
    shard = Shard(path)
    found = np.rint(shard.events_between(29, 31)["onset_s"] * FRAME_RATE)
    assert found.tolist() == [30, 40, 50, 60]
    assert np.rint(shard.beats_between(40, 30)["time_s"] * FRAME_RATE).tolist() == [50]


def test_a_slice_has_all_events_that_are_painted_into_it_and_none_from_farther_away(path):
    """An event is painted on its nearest frame and the two beside it."""
    events = np.array([(k / 10 / FRAME_RATE, 0, 1) for k in range(1000)], EVENT_DTYPE)
    with writing_shard(path, STORE_HEADER, "x") as writer:
        writer.add(stored_recording(0, 100), np.ones((100, 8), np.float32), events, NO_BEATS)
    found = np.rint(Shard(path).events_between(30, 20)["onset_s"] * FRAME_RATE * 10).tolist()
    assert set(range(286, 505)) <= set(found)  # nearest to the frames 29 to 50
    assert min(found) >= 280
    assert max(found) <= 520


def test_a_byte_that_the_disk_has_changed_is_an_error_and_no_wrong_feature(path, written):
    with h5py.File(path) as file:
        chunk = file["log_mel"].id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(data)
    shard = Shard(path)
    with pytest.raises(DrumscribeError, match=r"shard-00000\.h5: is not a readable shard"):
        shard.log_mel(0, shard.n_frames)


def test_skipped_recordings_are_remembered(path):
    with writing_shard(path, STORE_HEADER, "x") as writer:
        writer.skip("b.wav", "no usable audio", "b.wav: is empty")
    shard = Shard(path)
    assert shard.skipped == [SkippedRecording("b.wav", "no usable audio", "b.wav: is empty")]
    assert shard.recordings == []
    assert shard.n_frames == 0
    assert len(shard.events) == len(shard.beats) == 0


def test_the_fingerprint_is_kept(path, written):
    assert shard_fingerprint(path) == "seed 1"
    assert shard_fingerprint(path.with_name("absent.h5")) is None
    path.write_bytes(b"not HDF5")
    assert shard_fingerprint(path) is None


def test_a_shard_that_cannot_be_looked_into_is_no_absent_one(path):
    """It would be made again over what another program, or a failing disk, keeps from us."""
    path.mkdir(parents=True)
    with pytest.raises(DrumscribeError, match=r"shard-00000\.h5: cannot be opened"):
        shard_fingerprint(path)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_interrupted_writing_leaves_nothing(path, error):
    def write():
        with writing_shard(path, STORE_HEADER, "x") as writer:
            frames = np.ones((100, 8), np.float32)
            writer.add(stored_recording(0, 100), frames, NO_EVENTS, NO_BEATS)
            raise error

    with pytest.raises(error):
        write()
    assert list(path.parent.iterdir()) == []


def test_interrupted_rewriting_leaves_the_old_shard(path, written):
    before = path.read_bytes()

    def write():
        with writing_shard(path, STORE_HEADER, "y"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_another_clock_is_refused(path, written):
    rewrite_header(path, clock={"sample_rate": 44100, "hop_length": 512, "window_length": 2048})
    assert_refused_in_one_line(path, "another clock")


def test_another_format_is_refused_with_both_numbers(path, written):
    rewrite_header(path, format_version=7)
    assert_refused_in_one_line(path, "format 7, but this version reads 1")


def test_an_unknown_kit_is_refused(path, written):
    rewrite_header(path, kit="no_such_kit")
    assert_refused_in_one_line(path, "unknown kit 'no_such_kit'")


def test_a_kit_with_other_classes_is_refused(path, written):
    rewrite_header(path, classes=list(reversed(LANES8.names)))
    assert_refused_in_one_line(path, "made for the classes ride, crash")


def test_absent_feature_settings_are_refused(path, written):
    rewrite_header(path, features={"n_mels": 8})
    assert_refused_in_one_line(path, "features: lacks f_max_hz, f_min_hz, range_db")


def test_unknown_feature_settings_are_refused(path, written):
    rewrite_header(path, features={"n_mels": 8, "n_cqt": 84})
    assert_refused_in_one_line(path, r"unknown key features\.n_cqt")


@pytest.mark.parametrize("name", ["index", "events", "beats", "log_mel"])
def test_a_shard_that_lacks_a_part_is_refused(path, written, name):
    with h5py.File(path, "r+") as file:
        del file[name]
    assert_refused_in_one_line(path, "is not a readable shard")


def test_a_shard_without_header_is_refused(path, written):
    with h5py.File(path, "r+") as file:
        del file.attrs["header"]
    assert_refused_in_one_line(path, "is not a readable shard")


def test_a_header_that_is_not_json_is_refused(path, written):
    with h5py.File(path, "r+") as file:
        file.attrs["header"] = "{"
    assert_refused_in_one_line(path, "is not a readable shard")


def replace_part(path, name, values):
    with h5py.File(path, "r+") as file:
        del file[name]
        file.create_dataset(name, data=values)


@pytest.mark.parametrize("shape", [(2000, 9), (2000,), (2000, 8, 1)])
def test_features_of_another_shape_are_refused(path, written, shape):
    replace_part(path, "log_mel", np.zeros(shape, np.float16))
    assert_refused_in_one_line(path, r"log_mel is float16 of shape .*, not 8 bands a frame")


@pytest.mark.parametrize(("start_frame", "n_frames"), [(-1, 50), (1990, 50), (0, -1)])
def test_recordings_outside_their_shard_are_refused(path, written, start_frame, n_frames):
    recording = dataclasses.asdict(stored_recording(start_frame, n_frames))
    replace_part(path, "index", json.dumps({"recordings": [recording], "skipped": []}))
    replace_part(path, "log_mel", np.zeros((2000, 8), np.float16))
    with pytest.raises(DrumscribeError, match="places a recording outside the shard"):
        _ = Shard(path).recordings


def test_a_recording_whose_shard_counts_no_notes_outside_has_none(path, written):
    recording = dataclasses.asdict(stored_recording(0, 98))
    del recording["n_outside"]
    replace_part(path, "index", json.dumps({"recordings": [recording], "skipped": []}))
    assert [stored.n_outside for stored in Shard(path).recordings] == [0]


@pytest.mark.parametrize(
    ("name", "rows", "reason"),
    [
        ("events", np.array([(1.0, 0, 90), (0.5, 0, 90)], EVENT_DTYPE), "not in order of time"),
        ("events", np.array([(np.nan, 0, 90)], EVENT_DTYPE), "not in order of time"),
        ("events", np.array([(1.0, 8, 90)], EVENT_DTYPE), "that do not exist"),
        ("events", np.array([(1.0, 7, 0)], EVENT_DTYPE), "that do not exist"),
        ("events", np.array([(1.0, 7, 128)], EVENT_DTYPE), "that do not exist"),
        ("events", np.zeros(3), "no.* table of times"),
        ("beats", np.array([(1.0, 1), (0.5, 2)], BEAT_DTYPE), "not in order of time"),
        ("beats", np.zeros(3), "no.* table of times"),
    ],
)
def test_labels_that_nothing_here_writes_are_refused(path, written, name, rows, reason):
    replace_part(path, name, rows)
    with pytest.raises(DrumscribeError, match=f"is not a readable shard .*{reason}"):
        getattr(Shard(path), name)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_shard_is_refused(path, written, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert_refused_in_one_line(path, r"is not a readable shard \(.+\); delete it")
    assert shard_fingerprint(path) is None


def test_a_file_of_another_kind_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(np.random.default_rng(3).bytes(5000))
    assert_refused_in_one_line(path, "is not a readable shard")


def test_an_absent_shard_is_refused(path):
    assert_refused_in_one_line(path, "is not a readable shard")


def test_a_split_is_its_shards_in_order_without_half_written_ones(tmp_path):
    for index in (2, 0, 1):
        write_random_shard(tmp_path / f"shard-{index:05}.h5", [50], seed=index)
    (tmp_path / ".0a1b2c3d.partial.h5").write_bytes(b"half")
    names = [shard.path.name for shard in open_split(tmp_path)]
    assert names == ["shard-00000.h5", "shard-00001.h5", "shard-00002.h5"]


def test_opening_a_shard_reads_none_of_its_labels(path, written, monkeypatch):
    reads = []
    read = h5py.Dataset.__getitem__

    def noted(dataset, where):
        reads.append(dataset.name)
        return read(dataset, where)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", noted)
    shard = Shard(path)
    assert shard.n_frames > 0
    assert reads == []
    for _ in range(2):
        assert len(shard.events) > 0
        assert len(shard.recordings) == len(LENGTHS)
    assert reads == ["/events", "/index"]


def test_an_outline_tells_header_and_lengths_and_the_shards_are_closed(tmp_path):
    paths = [tmp_path / f"shard-0000{index}.h5" for index in range(2)]
    for index, path in enumerate(paths):
        write_random_shard(path, [50 + index], seed=index)
    with opened_split(tmp_path) as shards:
        found = outline(shards)
    assert found.header == STORE_HEADER
    assert found.shard_paths == tuple(paths)
    assert found.shard_frames == (50 + GAP_FRAMES, 51 + GAP_FRAMES)
    with pytest.raises(RuntimeError):
        shards[0].log_mel(0, 1)


def test_outlines_tell_splits_of_the_same_recordings_from_others(tmp_path):
    def fingerprint(name, *seeds):
        for index, seed in enumerate(seeds):
            write_random_shard(tmp_path / name / f"shard-0000{index}.h5", [50], seed=seed)
        with opened_split(tmp_path / name) as shards:
            return outline(shards).fingerprint

    one = fingerprint("one", 1, 2)
    assert fingerprint("the same", 1, 2) == one
    assert len({one, fingerprint("first", 1), fingerprint("turned", 2, 1)}) == 3


def test_a_split_without_shards_says_what_to_run(tmp_path):
    with pytest.raises(DrumscribeError, match=r"no features; run 'drumscribe preprocess'"):
        open_split(tmp_path / "train")


@pytest.mark.parametrize(
    "other",
    [
        StoreHeader(ARTICULATIONS12, STORE_HEADER.features),
        StoreHeader(LANES8, dataclasses.replace(STORE_HEADER.features, range_db=60.0)),
        StoreHeader(LANES8, FeatureConfig(n_mels=16)),
    ],
)
def test_a_split_of_mixed_shards_is_refused_naming_the_odd_one(tmp_path, other):
    write_random_shard(tmp_path / "shard-00000.h5", [50], seed=1)
    write_random_shard(tmp_path / "shard-00001.h5", [50], seed=2, header=other)
    with pytest.raises(DrumscribeError, match=r"shard-00001\.h5: made with other settings"):
        open_split(tmp_path)


def test_selected_recordings_fill_the_hours_in_order_and_are_at_least_one(tmp_path):
    for index in range(2):
        write_random_shard(tmp_path / f"shard-0000{index}.h5", [981, 981], seed=index)
    shards = open_split(tmp_path)  # four recordings of ten seconds

    def names(max_hours):
        return [recording.audio_filename for _, recording in select_recordings(shards, max_hours)]

    everything = [f"shard-0000{i}-{j}.wav" for i in range(2) for j in range(2)]
    assert names(1.0) == everything
    assert names(30.5 / 3600) == everything[:3]
    assert names(29.5 / 3600) == everything[:2]
    assert names(1e-9) == everything[:1]


def test_recordings_that_fill_the_hours_exactly_are_all_selected(tmp_path):
    write_random_shard(tmp_path / "shard-00000.h5", [15 * FRAME_RATE + 1] * 4, seed=1)
    assert len(select_recordings(open_split(tmp_path), 45 / 3600)) == 3
