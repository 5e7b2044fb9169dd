"""Labelled recordings from MDB Drums, a folder in E-GMD's layout, and the feature store."""

import dataclasses
import logging

import numpy as np
import pytest
import soundfile

from drumscribe.config import Config, FeatureConfig, ModelConfig
from drumscribe.data.audio_level import levelled_blocks
from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.log_mel import log_mel
from drumscribe.data.preprocess import preprocess
from drumscribe.data.shard_format import StoreHeader
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.evaluation.references import egmd_references, mdb_references, store_references
from drumscribe.models.header import ModelHeader
from drumscribe.tempo import Beat
from drumscribe.timing import SAMPLE_RATE, frame_count
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import (
    Take,
    random_notes,
    store_config,
    takes_of,
    write_dataset,
    write_random_shard,
)

FEATURES = FeatureConfig(n_mels=8)
HEADER = ModelHeader(LANES8, FEATURES, ModelConfig(), dict.fromkeys(LANES8.names, 0.5))

# What a drummer would say each of MDB Drums' 21 subclasses is on eight lanes; TMB is none of them.
MDB_LANES = {
    "KD": "kick",
    "SD": "snare",
    "SDB": "snare",
    "SDG": "snare",
    "SDD": "snare",
    "SDF": "snare",
    "SDNS": "snare",
    "SST": "snare",
    "CHH": "hihat",
    "OHH": "hihat",
    "PHH": "hihat",
    "HIT": "high_tom",
    "MHT": "mid_tom",
    "HFT": "low_tom",
    "LFT": "low_tom",
    "RDC": "ride",
    "RDB": "ride",
    "CRC": "crash",
    "CHC": "crash",
    "SPC": "crash",
    "TMB": None,
}


def heard(path):
    return np.concatenate(list(levelled_blocks(path)))


def frames_of(reference):
    return np.concatenate(list(reference.frames()))


def write_mdb_track(folder, name, annotation, *, duration_s=2.0, rate=44_100, suffix="flac"):
    """A track in MDB Drums' layout with the lines of its annotation."""
    (folder / "drum_only").mkdir(parents=True, exist_ok=True)
    (folder / "annotations" / "subclass").mkdir(parents=True, exist_ok=True)
    samples = 0.1 * np.random.default_rng(1).standard_normal(round(duration_s * rate))
    soundfile.write(folder / "drum_only" / f"{name}.{suffix}", samples, rate)
    (folder / "annotations" / "subclass" / f"{name}.txt").write_text(annotation)


def mdb(folder, mix="drum_only"):
    return list(mdb_references(folder, HEADER, mix).recordings)


class TestMdbDrums:
    def test_the_published_layout_and_names_are_read(self, tmp_path):
        write_mdb_track(tmp_path, "MusicDelta_Rock", "0.5 KD\n", suffix="wav")
        (tmp_path / "audio" / "drum_only").mkdir(parents=True)
        audio = tmp_path / "drum_only" / "MusicDelta_Rock.wav"
        audio.rename(tmp_path / "audio" / "drum_only" / "MusicDelta_Rock_Drum.wav")
        audio.parent.rmdir()
        labels = tmp_path / "annotations" / "subclass" / "MusicDelta_Rock.txt"
        labels.rename(labels.with_name("MusicDelta_Rock_subclass.txt"))
        [reference] = mdb(tmp_path)
        assert [(event.onset_s, event.drum) for event in reference.events] == [(0.5, "kick")]

    @pytest.mark.parametrize("name", ["MusicDelta_Rock_MIX.beats", "MusicDelta_Rock.txt"])
    def test_beats_are_read_where_there_are_any(self, tmp_path, name):
        write_mdb_track(tmp_path, "MusicDelta_Rock", "0.5 KD\n")
        assert mdb(tmp_path)[0].beats == ()
        (tmp_path / "annotations" / "beats").mkdir()
        path = tmp_path / "annotations" / "beats" / name
        path.write_text("0.01000 \t 4\n0.58 1.000\n\n")
        assert mdb(tmp_path)[0].beats == (Beat(0.01, 4), Beat(0.58, 1))
        for wrong in ("0.01 first\n", "0.58 1\n0.01 2\n", "0.58 1\n0.58 2\n", "0.1 1\nnan 2\n"):
            path.write_text(wrong)
            with pytest.raises(DrumscribeError, match="is not a readable annotation"):
                mdb(tmp_path)

    def test_every_subclass_becomes_its_lane_and_the_tambourine_none(self, tmp_path):
        lines = [f"{0.05 * i:.6f} \t {label} " for i, label in enumerate(MDB_LANES)]
        write_mdb_track(tmp_path, "Song", "\n".join(lines) + "\n")
        [reference] = mdb(tmp_path)
        expected = [
            (pytest.approx(0.05 * i), lane) for i, lane in enumerate(MDB_LANES.values()) if lane
        ]
        assert [(event.onset_s, event.drum) for event in reference.events] == expected

    def test_labels_have_no_velocity_and_no_offset(self, tmp_path):
        write_mdb_track(tmp_path, "Song", "0.5 KD\n")
        [reference] = mdb(tmp_path)
        assert not reference.has_velocity
        assert reference.raw_events == reference.events

    def test_the_log_mel_is_that_of_the_audio_and_can_be_read_again(self, tmp_path):
        write_mdb_track(tmp_path, "Song", "0.5 KD\n")
        [reference] = mdb(tmp_path)
        expected = log_mel(heard(tmp_path / "drum_only" / "Song.flac"), FEATURES)
        assert len(expected) == frame_count(2 * SAMPLE_RATE)
        for _ in range(2):
            np.testing.assert_array_equal(frames_of(reference), expected)

    def test_every_track_of_the_mix_is_read_and_named(self, tmp_path):
        for name, suffix in (("B", "wav"), ("A", "flac"), ("C.1", "flac")):
            write_mdb_track(tmp_path, name, "0.5 KD\n", suffix=suffix)
        references = mdb(tmp_path)
        assert sorted(reference.name for reference in references) == ["A", "B", "C.1"]
        assert {reference.kit_name for reference in references} == {"drum_only"}

    def test_a_track_that_cannot_be_heard_whole_is_left_out_and_told(self, tmp_path):
        for name, hits in (("Bad", "0.5 KD\n"), ("Good", "0.5 KD\n"), ("Short", "0.5 KD\n3 KD\n")):
            write_mdb_track(tmp_path, name, hits)
        (tmp_path / "drum_only" / "Bad.flac").write_bytes(b"fLaC and no more")
        found = mdb_references(tmp_path, HEADER, "drum_only")
        assert [reference.name for reference in found.recordings] == ["Good"]
        assert found.left_out == {"no usable audio": 1, "audio too short": 1}

    def test_two_files_of_one_track_are_refused(self, tmp_path):
        write_mdb_track(tmp_path, "Song", "0.5 KD\n")
        write_mdb_track(tmp_path, "Song", "0.5 KD\n", suffix="wav")
        with pytest.raises(DrumscribeError, match=r"Song\.wav: is the same track as .*Song\.flac"):
            mdb(tmp_path)

    def test_a_folder_without_the_mix_is_refused(self, tmp_path):
        write_mdb_track(tmp_path, "Song", "0.5 KD\n")
        with pytest.raises(DrumscribeError, match="full_mix: holds no audio"):
            mdb(tmp_path, "full_mix")

    @pytest.mark.parametrize(
        "annotation", ["0.5\n", "half KD\n", "-1 KD\n", "nan KD\n", "0.5 KD 3\n", "0.5 XYZ\n"]
    )
    def test_an_annotation_that_cannot_be_understood_is_refused_by_name(self, tmp_path, annotation):
        write_mdb_track(tmp_path, "Song", annotation)
        with pytest.raises(DrumscribeError, match=r"Song\.txt: "):
            mdb(tmp_path)

    def test_an_absent_annotation_is_refused_by_name(self, tmp_path):
        write_mdb_track(tmp_path, "Song", "")
        (tmp_path / "annotations" / "subclass" / "Song.txt").unlink()
        with pytest.raises(DrumscribeError, match=r"Song\.txt: "):
            mdb(tmp_path)

    def test_the_real_annotations_are_read_whole(self, shared_data):
        references = mdb(shared_data / "mdb-drums-dev")
        assert len(references) == 7
        for reference in references:
            path = shared_data / "mdb-drums-dev/annotations/subclass" / f"{reference.name}.txt"
            labels = [line.split()[1] for line in path.read_text().splitlines() if line.strip()]
            assert len(reference.events) == len(labels) - labels.count("TMB")


TEST_TAKES = [
    dataclasses.replace(take, split="test", kit_name=f"Kit {take.number}") for take in takes_of(3)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dataset of three test takes, one to train on and one to tune on; not to be changed."""
    folder = tmp_path_factory.mktemp("egmd")
    others = [Take(9, "train", notes=random_notes(9)), Take(8, "val", notes=random_notes(8))]
    write_dataset(folder, [*TEST_TAKES, *others])
    return folder


class TestEgmdFolder:
    def references(self, folder, split="test"):
        return list(egmd_references(folder, HEADER, Config(), split).recordings)

    def test_one_split_alone_is_read(self, folder):
        references = self.references(folder)
        names = {(reference.name, reference.kit_name) for reference in references}
        assert names == {(take.audio_filename, take.kit_name) for take in TEST_TAKES}
        [tuned_on] = self.references(folder, "val")
        assert tuned_on.name == Take(8, "val", notes=[]).audio_filename

    def test_aligned_labels_lie_where_hits_are_heard_and_raw_ones_where_the_midi_has_them(
        self, folder
    ):
        assert any(abs(take.offset_s) > 0.03 for take in TEST_TAKES)
        for reference, take in zip(self.references(folder), TEST_TAKES, strict=True):
            midi_s = np.array([note.onset_s for note in take.notes])
            aligned_s = [event.onset_s for event in reference.events]
            raw_s = [event.onset_s for event in reference.raw_events]
            np.testing.assert_allclose(aligned_s, midi_s + take.offset_s, rtol=0, atol=0.0015)
            np.testing.assert_allclose(raw_s, midi_s, rtol=0, atol=1e-6)
            drums = [LANES8.name_by_note[note.note] for note in take.notes]
            assert [event.drum for event in reference.events] == drums
            assert [event.velocity for event in reference.events] == [
                note.velocity for note in take.notes
            ]
            assert reference.has_velocity

    def test_the_log_mel_has_the_models_features(self, folder):
        reference = self.references(folder)[0]
        expected = log_mel(heard(folder / TEST_TAKES[0].audio_filename), FEATURES)
        np.testing.assert_array_equal(frames_of(reference), expected)

    def test_an_unusable_recording_is_named_in_the_log_and_left_out(self, tmp_path, caplog):
        takes = TEST_TAKES[:2]
        write_dataset(tmp_path, takes)
        (tmp_path / takes[0].audio_filename).unlink()
        with caplog.at_level(logging.WARNING):
            [reference] = self.references(tmp_path)
        assert reference.name == takes[1].audio_filename
        assert takes[0].audio_filename in caplog.text

    def test_a_row_that_names_nothing_usable_is_told_with_its_split(self, tmp_path):
        write_dataset(tmp_path, TEST_TAKES[:2])
        header, row, *rest = (tmp_path / CSV_NAME).read_text().splitlines()
        columns = row.split(",")
        columns[header.split(",").index("kit_name")] = ""
        (tmp_path / CSV_NAME).write_text("\n".join([header, ",".join(columns), *rest]) + "\n")
        found = egmd_references(tmp_path, HEADER, Config(), "test")
        assert len(list(found.recordings)) == 1
        assert found.left_out == {"no kit name": 1}

    def test_a_csv_without_a_test_split_is_refused(self, tmp_path):
        write_dataset(tmp_path, [Take(1, "train", notes=random_notes(1))])
        with pytest.raises(DrumscribeError, match="no usable recordings in the test split"):
            self.references(tmp_path)
        with pytest.raises(DrumscribeError, match="no usable recordings in the validation split"):
            self.references(tmp_path, "val")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The test split of a store made from ``egmd`` two folders above it."""
    root = tmp_path_factory.mktemp("stored")
    write_dataset(root / "egmd", TEST_TAKES)
    config = dataclasses.replace(store_config(root), features=FEATURES)
    preprocess(config)
    return config.data.processed_path / "test"


class TestStore:
    def test_references_are_those_of_the_folder_the_store_was_made_from(self, store):
        folder = store.parents[1] / "egmd"
        stored = {
            reference.name: reference for reference in store_references(store, HEADER).recordings
        }
        n_read = 0
        for read in egmd_references(folder, HEADER, Config(), "test").recordings:
            n_read += 1
            same = stored[read.name]
            assert (same.kit_name, same.offset_s) == (read.kit_name, read.offset_s)
            for ours, theirs in (
                (same.events, read.events),
                (same.raw_events, read.raw_events),
            ):
                assert [(e.drum, e.velocity) for e in ours] == [
                    (e.drum, e.velocity) for e in theirs
                ]
                onsets_s = [event.onset_s for event in theirs]
                np.testing.assert_allclose([e.onset_s for e in ours], onsets_s, atol=1e-9)
        assert n_read == len(stored) == len(TEST_TAKES)

    def test_the_log_mel_is_that_of_the_recording_alone(self, store):
        for reference in store_references(store, HEADER).recordings:
            audio = store.parents[1] / "egmd" / reference.name
            expected = log_mel(heard(audio), FEATURES)
            found = frames_of(reference)
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=0, atol=0.001)  # stored in half

    def test_hits_of_a_finer_kit_are_folded_onto_lanes(self, tmp_path):
        header = StoreHeader(ARTICULATIONS12, FEATURES)
        path = tmp_path / "shard-00000.h5"
        [(_, events)] = write_random_shard(path, [500], seed=1, header=header)
        [reference] = store_references(tmp_path, HEADER).recordings
        expected = [ARTICULATIONS12.classes[drum].lane for drum in events["drum"]]
        assert [event.drum for event in reference.events] == expected

    def test_a_store_with_other_features_than_the_model_hears_is_refused(self, store):
        deaf = dataclasses.replace(HEADER, features=FeatureConfig(n_mels=9))
        with pytest.raises(DrumscribeError, match="other features") as caught:
            store_references(store, deaf)
        assert str(store) in str(caught.value)

    def test_an_absent_split_is_refused_by_name(self, tmp_path):
        with pytest.raises(DrumscribeError, match="nowhere: holds no features"):
            store_references(tmp_path / "nowhere", HEADER)
