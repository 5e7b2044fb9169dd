"""From a dataset on disk to the feature store: what is in it, what is left out, how it resumes."""

import contextlib
import csv
import dataclasses
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.config import FeatureConfig, load_config
from drumscribe.data.audio_level import levelled
from drumscribe.data.audio_processing import read_audio
from drumscribe.data.egmd import read_recordings
from drumscribe.data.feature_store import Shard
from drumscribe.data.log_mel import log_mel
from drumscribe.data.midi_processing import MidiNote, read_midi
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.preprocess import plan_shards, preprocess
from drumscribe.data.recording_processing import label_recording
from drumscribe.drums import LANES8
from drumscribe.splits import SPLITS
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.sole_writer import sole_writer
from store_fixtures import (
    Take,
    store_config,
    store_content,
    takes_of,
    write_csv,
    write_dataset,
    write_take,
)

TAKES = takes_of(6)
NAMES_BY_SPLIT = {
    split: {take.audio_filename for take in TAKES if take.split == split} for split in SPLITS
}


PAD = (38, 100)
"""A note and its velocity."""

N_KILLS = int(os.environ.get("DRUMSCRIBE_KILLS", "2"))
"""How often a run is killed; few, so that the gate stays quick."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A folder whose ``egmd`` is a dataset of six takes; not to be changed."""
    root = tmp_path_factory.mktemp("dataset")
    write_dataset(root / "egmd", TAKES)
    return root


@pytest.fixture(scope="module")
def made(dataset):
    """The dataset's folder, its store and what preprocessing said."""
    return dataset, dataset / "store", preprocess(store_config(dataset))


@pytest.fixture
def copy(made, tmp_path):
    """A copy of the dataset and its store, to be spoilt."""
    shutil.copytree(made[0], tmp_path / "copy")
    return tmp_path / "copy"


def recordings_of(store, split):
    """Each recording's shard and entry by audio name."""
    shards = [Shard(path) for path in sorted((store / split).glob("shard-*.h5"))]
    return {r.audio_filename: (shard, r) for shard in shards for r in shard.recordings}


def rows_of(store, split):
    with (store / "splits" / f"{split}.csv").open(newline="") as file:
        return {row["audio_filename"]: row for row in csv.DictReader(file)}


def changes_of_times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("*/*.h5")}


def test_official_splits_are_kept(made):
    _, store, summary = made
    for split in SPLITS:
        assert set(recordings_of(store, split)) == NAMES_BY_SPLIT[split]
        assert set(rows_of(store, split)) == NAMES_BY_SPLIT[split]
        assert summary.splits[split].n_recordings == len(NAMES_BY_SPLIT[split])


@pytest.mark.parametrize("take", TAKES, ids=lambda take: f"{1000 * take.offset_s:+.0f}ms")
def test_events_are_stored_where_the_hits_are_heard(made, take):
    shard, recording = recordings_of(made[1], take.split)[take.audio_filename]
    events = shard.recording_events(recording)
    heard_s = [note.onset_s + take.offset_s for note in take.notes]
    np.testing.assert_allclose(events["onset_s"], heard_s, rtol=0, atol=0.0015)
    assert [LANES8.names[drum] for drum in events["drum"]] == [
        LANES8.name_by_note[note.note] for note in take.notes
    ]
    assert events["velocity"].tolist() == [note.velocity for note in take.notes]
    assert recording.offset_s == pytest.approx(take.offset_s, abs=0.0015)


def test_one_blow_sent_twice_is_trained_on_once_and_scored_as_it_is(tmp_path):
    """What is scored against keeps the file's hits, as published scores do."""
    takes = [
        dataclasses.replace(
            take, notes=(*take.notes, MidiNote(take.notes[-1].onset_s + 0.01, *PAD))
        )
        for take in (
            dataclasses.replace(take, notes=(*take.notes[:-1], MidiNote(2.5, *PAD)))
            for take in takes_of(4)
        )
    ]
    write_dataset(tmp_path / "egmd", takes)
    preprocess(store_config(tmp_path))
    for take in takes:
        shard, recording = recordings_of(tmp_path / "store", take.split)[take.audio_filename]
        n_sent_twice = 1 if take.split == "train" else 0
        assert len(shard.recording_events(recording)) == len(take.notes) - n_sent_twice


def test_hits_outside_the_audio_are_counted(tmp_path):
    takes = [
        dataclasses.replace(take, notes=(MidiNote(0.0, *PAD), *take.notes), offset_s=-0.05)
        for take in takes_of(3)
    ]
    write_dataset(tmp_path / "egmd", takes)
    summary = preprocess(store_config(tmp_path))
    assert {name: split.n_outside for name, split in summary.splits.items()} == {
        "train": 2,
        "val": 1,
        "test": 0,
    }
    assert "  hits before the audio's start or after its end: 2" in summary.lines()


def test_the_log_mel_of_the_audio_is_stored(made):
    root, store, _ = made
    for take in TAKES:
        shard, recording = recordings_of(store, take.split)[take.audio_filename]
        samples = levelled(read_audio(root / "egmd" / take.audio_filename))
        expected = log_mel(samples, FeatureConfig())
        stored = shard.log_mel(recording.start_frame, recording.n_frames)
        np.testing.assert_allclose(stored, expected, rtol=0, atol=0.001)


def test_the_splits_csv_tells_offset_hits_and_shard(made):
    _, store, _ = made
    for take in TAKES:
        row = rows_of(store, take.split)[take.audio_filename]
        assert row["status"] == "ok"
        assert row["midi_filename"] == take.midi_filename
        assert row["kit_name"] == take.kit_name
        assert float(row["offset_ms"]) == pytest.approx(1000 * take.offset_s, abs=1.5)
        assert 0.2 <= float(row["alignment_confidence"]) <= 1
        assert float(row["duration_s"]) == pytest.approx(take.duration_s, abs=1e-4)
        assert sum(int(row[f"n_{name}"]) for name in LANES8.names) == len(take.notes)
        assert (store / take.split / row["shard"]).is_file()


def test_the_configuration_is_written_beside_the_shards(made):
    root, store, _ = made
    assert load_config(store / "config.yaml") == store_config(root)


def test_nothing_is_left_lying_about(made):
    _, store, _ = made
    assert {path.name for path in store.iterdir()} == {*SPLITS, "splits", "config.yaml"}
    assert not list(store.rglob(".*"))


def test_a_second_run_makes_nothing(made):
    root, store, first = made
    before, times = store_content(store), changes_of_times(store)
    again = preprocess(store_config(root))
    assert (again.n_shards_made, again.n_shards_kept) == (0, first.n_shards_made)
    assert again.splits == first.splits
    assert store_content(store) == before
    assert changes_of_times(store) == times


def test_only_what_is_missing_or_damaged_is_made_again(copy):
    store = copy / "store"
    before, times = store_content(store), changes_of_times(store)
    deleted, damaged = sorted(times)[0], sorted(times)[-1]
    deleted.unlink()
    os.truncate(damaged, 1000)
    leftover = store / "train" / ".12345678.partial.h5"
    leftover.write_bytes(b"half a shard")
    summary = preprocess(store_config(copy))
    assert summary.n_shards_made == 2
    assert store_content(store) == before
    assert not leftover.exists()
    kept = times.keys() - {deleted, damaged}
    assert {path: changes_of_times(store)[path] for path in kept} == {p: times[p] for p in kept}


def test_what_another_run_is_writing_is_left_alone(copy):
    being_written = copy / "store" / "train" / ".12345678.partial.h5"
    being_written.touch()
    with sole_writer(copy / "store"):
        with pytest.raises(DrumscribeError, match="store: another run is writing here; wait"):
            preprocess(store_config(copy), overwrite=True)
        assert being_written.exists()
    preprocess(store_config(copy))
    assert not being_written.exists()


@pytest.fixture
def told_s(monkeypatch):
    """Seconds of audio that the progress bar is told of, call by call."""
    told_s = []
    monkeypatch.setattr(
        "drumscribe.data.preprocess.progress_bar",
        lambda *_, **__: contextlib.nullcontext(told_s.append),
    )
    return told_s


def config_elsewhere(root, store, **settings):
    config = store_config(root, **settings)
    data = dataclasses.replace(config.data, processed_dir=str(store))
    return dataclasses.replace(config, data=data)


@pytest.mark.slow
def test_two_workers_make_the_same_store_as_one(made, tmp_path, told_s):
    root, store, _ = made
    preprocess(config_elsewhere(root, tmp_path / "store", n_workers=2))
    assert store_content(tmp_path / "store") == store_content(store)
    assert sum(told_s) == pytest.approx(sum(take.duration_s for take in TAKES))


def test_one_worker_is_this_process_and_hears_ctrl_c(made, tmp_path, told_s, monkeypatch):
    root, store, _ = made
    config = config_elsewhere(root, tmp_path / "store")
    n_recordings = itertools.count(1)

    def labelled(*arguments):
        if next(n_recordings) == 5:
            raise KeyboardInterrupt
        return label_recording(*arguments)

    monkeypatch.setattr("drumscribe.data.preprocess.label_recording", labelled)
    with pytest.raises(KeyboardInterrupt):
        preprocess(config)
    assert told_s == [take.duration_s for take in TAKES[:4]]
    whole = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert whole == [tmp_path / "store/train/shard-00000.h5"]
    again = preprocess(config)
    assert (again.n_shards_made, again.n_shards_kept) == (2, 1)
    assert store_content(tmp_path / "store") == store_content(store)


def test_changed_settings_are_refused_and_the_store_stays(made):
    root, store, _ = made
    before = store_content(store)
    for changed in (
        store_config(root, align_labels=False),
        dataclasses.replace(store_config(root), features=FeatureConfig(n_mels=16)),
        dataclasses.replace(
            store_config(root),
            data=dataclasses.replace(store_config(root).data, kit="articulations12"),
        ),
        store_config(root, shard_hours=0.001),
    ):
        with pytest.raises(DrumscribeError, match=r"shard-0.*other recordings or settings.*--over"):
            preprocess(changed)
        assert store_content(store) == before


def test_settings_that_decide_nothing_in_a_shard_may_change(made):
    root, _, _ = made
    assert preprocess(store_config(root, n_workers=2)).n_shards_made == 0


def test_overwriting_replaces_a_store_of_other_settings(copy):
    changed = store_config(copy, align_labels=False, shard_hours=0.001)
    summary = preprocess(changed, overwrite=True)
    assert summary.n_shards_kept == 0
    for split in SPLITS:
        assert set(recordings_of(copy / "store", split)) == NAMES_BY_SPLIT[split]
        assert set(summary.splits[split].offsets_s) == {0.0}
    assert preprocess(changed).n_shards_made == 0


def test_overwriting_keeps_shards_that_are_right(made):
    root, _, first = made
    assert preprocess(store_config(root), overwrite=True).n_shards_kept == first.n_shards_made


def test_overwriting_removes_shards_that_are_no_longer_planned(copy):
    write_csv(copy / "egmd", [take.row for take in TAKES if take.split != "val"])
    with pytest.raises(DrumscribeError, match="other recordings or settings"):
        preprocess(store_config(copy))
    preprocess(store_config(copy), overwrite=True)
    assert not list((copy / "store" / "val").glob("*.h5"))
    assert rows_of(copy / "store", "val") == {}


def test_what_cannot_be_used_is_reported_and_the_rest_goes_on(tmp_path):
    takes = takes_of(10, split="train")
    write_dataset(tmp_path / "egmd", takes)
    audio = [tmp_path / "egmd" / take.audio_filename for take in takes]
    midi = [tmp_path / "egmd" / take.midi_filename for take in takes]
    audio[0].write_bytes(b"no audio")
    audio[1].unlink()
    os.truncate(audio[2], audio[2].stat().st_size // 2)
    midi[3].unlink()
    midi[4].write_bytes(b"")
    write_midi(midi[5], [], duration_s=3.0)
    soundfile.write(audio[6], np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    odd = [dataclasses.replace(takes[7].notes[0], note=99), *takes[7].notes[1:]]
    write_midi(midi[7], odd, duration_s=3.0)

    summary = preprocess(store_config(tmp_path)).splits["train"]

    assert summary.skipped == {
        "no usable audio": 3,
        "no usable MIDI": 2,
        "no hits": 1,
        "not aligned": 1,
    }
    assert summary.n_recordings == 3
    assert summary.unknown_notes == {99: 1}
    assert sum(summary.hits.values()) == sum(len(take.notes) for take in takes[7:]) - 1
    rows = rows_of(tmp_path / "store", "train")
    assert len(rows) == 10
    for take in takes[7:]:
        assert rows[take.audio_filename]["status"] == "ok"
    for take, kind in zip(
        takes,
        ["no usable audio"] * 3 + ["no usable MIDI"] * 2 + ["no hits", "not aligned"],
        strict=False,
    ):
        row = rows[take.audio_filename]
        assert row["status"] == "skipped"
        assert row["reason"].startswith(f"{kind}: ")
        assert "\n" not in row["reason"]


def test_a_recording_whose_file_comes_back_is_taken_in_by_the_next_run(made, copy):
    audio, midi = copy / "egmd" / TAKES[0].audio_filename, copy / "egmd" / TAKES[1].midi_filename
    store = copy / "store"
    for path in (audio, midi):
        path.rename(path.with_suffix(".away"))
    shutil.rmtree(store)
    first = preprocess(store_config(copy))
    assert sum((split.skipped for split in first.splits.values()), Counter()) == {
        "no usable audio": 1,
        "no usable MIDI": 1,
    }
    audio.write_bytes(b"cut short")
    assert preprocess(store_config(copy)).n_shards_made == 0  # as unusable as before
    for path in (audio, midi):
        path.with_suffix(".away").replace(path)
    assert preprocess(store_config(copy)).n_shards_made == len({TAKES[0].split, TAKES[1].split})
    assert store_content(store) == store_content(made[1])
    assert preprocess(store_config(copy)).n_shards_made == 0


def test_rows_that_name_nothing_are_counted(tmp_path):
    takes = takes_of(3)
    write_dataset(tmp_path / "egmd", takes)
    nameless = takes[0].row | {"audio_filename": "", "midi_filename": ""}
    write_csv(tmp_path / "egmd", [*[take.row for take in takes], nameless, takes[0].row])
    summary = preprocess(store_config(tmp_path))
    assert summary.skipped_rows == {"no audio name": 1, "audio named twice": 1}
    assert sum(split.n_recordings for split in summary.splits.values()) == 3


def test_a_shard_of_nothing_usable_is_still_finished(tmp_path):
    (tmp_path / "egmd").mkdir()
    write_csv(tmp_path / "egmd", [TAKES[0].row])
    summary = preprocess(store_config(tmp_path))
    assert summary.splits["train"].skipped == {"no usable MIDI": 1}
    assert preprocess(store_config(tmp_path)).n_shards_made == 0


def test_an_absent_dataset_is_one_line(tmp_path):
    with pytest.raises(DrumscribeError, match=r"e-gmd-v1\.0\.0\.csv: no such file"):
        preprocess(store_config(tmp_path))
    assert not (tmp_path / "store").exists()


def test_a_csv_without_usable_rows_is_refused(tmp_path):
    (tmp_path / "egmd").mkdir()
    write_csv(tmp_path / "egmd", [])
    with pytest.raises(DrumscribeError, match=r"lists no usable recording \(no rows\)"):
        preprocess(store_config(tmp_path))
    write_csv(tmp_path / "egmd", [TAKES[0].row | {"kit_name": ""}])
    with pytest.raises(DrumscribeError, match=r"lists no usable recording \(1 x no kit name\)"):
        preprocess(store_config(tmp_path))


def many_recordings(tmp_path, n=200):
    write_csv(tmp_path, [Take(i, ("train", "val", "test")[i % 3]).row for i in range(n)])
    return read_recordings(tmp_path).recordings


def test_the_plan_deals_every_recording_once_in_shuffled_order(tmp_path):
    recordings = many_recordings(tmp_path)
    plans = plan_shards(store_config(tmp_path, shard_hours=0.01), recordings)
    dealt = [recording for plan in plans for recording in plan.recordings]
    assert sorted(r.audio_filename for r in dealt) == sorted(r.audio_filename for r in recordings)
    assert len({plan.path for plan in plans}) == len(plans)
    for plan in plans:
        assert {recording.split for recording in plan.recordings} == {plan.path.parent.name}
    in_train = [r for r in dealt if r.split == "train"]
    assert in_train != sorted(in_train, key=recordings.index)


def test_shards_are_about_as_long_as_asked(tmp_path):
    plans = plan_shards(store_config(tmp_path, shard_hours=0.01), many_recordings(tmp_path))
    for plan, following in itertools.pairwise(plans):
        if plan.path.parent == following.path.parent:  # all but the last of a split
            assert 36 <= plan.duration_s < 36 + 3
    assert all(plan.duration_s < 36 + 3 for plan in plans)


def test_the_plan_does_not_depend_on_the_order_of_the_csv(tmp_path):
    recordings = many_recordings(tmp_path)
    config = store_config(tmp_path)
    shuffled = random.Random(1).sample(recordings, len(recordings))
    assert plan_shards(config, recordings) == plan_shards(config, shuffled)


def test_max_files_takes_a_sample_over_all_splits(tmp_path):
    recordings = many_recordings(tmp_path)
    config = store_config(tmp_path)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, max_files=12))
    plans = plan_shards(config, recordings)
    dealt = [recording for plan in plans for recording in plan.recordings]
    assert len(dealt) == 12
    assert {recording.split for recording in dealt} == set(SPLITS)
    assert plans == plan_shards(config, recordings)


def test_only_the_sample_is_preprocessed(dataset, tmp_path):
    config = config_elsewhere(dataset, tmp_path / "store")
    data = dataclasses.replace(config.data, max_files=4)
    summary = preprocess(dataclasses.replace(config, data=data))
    assert sum(split.n_recordings for split in summary.splits.values()) == 4
    assert all(split.n_recordings >= 1 for split in summary.splits.values())


SCRIPT = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from store_fixtures import store_config
from drumscribe.data.preprocess import preprocess
if __name__ == "__main__":
    preprocess(store_config(Path(sys.argv[1]), n_workers=2, shard_hours=0.001))
"""


def start_preprocessing(root):
    script = root / "run.py"
    script.write_text(SCRIPT)
    return subprocess.Popen([sys.executable, str(script), str(root)], stderr=subprocess.DEVNULL)


def wait_until(condition, timeout_s=60):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def children_of(pid):
    task = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in task.read_text().split()]


def is_running(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_run_is_continued_to_the_same_store(tmp_path):
    takes = takes_of(90, duration_s=8.0)  # enough to be at work when the signal comes
    write_dataset(tmp_path / "egmd", takes)
    store, rng = tmp_path / "store", random.Random(14)
    n_shards = [0]
    for _ in range(N_KILLS):
        process = start_preprocessing(tmp_path)
        enough = n_shards[-1] + rng.randint(1, max(1, 20 // N_KILLS))
        wait_until(lambda n=enough: len(list(store.glob("*/shard-*.h5"))) >= n)
        workers = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda pids=workers: not any(map(is_running, pids)), timeout_s=20)
        assert len(workers) >= 2
        assert not (store / "splits").exists(), "it had finished before it was killed"
        n_shards.append(len(list(store.glob("*/shard-*.h5"))))
    assert n_shards == sorted(set(n_shards)), "the second run kept what the first had made"

    summary = preprocess(store_config(tmp_path, shard_hours=0.001))
    assert summary.n_shards_kept == n_shards[-1]
    assert not list(store.rglob(".*"))
    continued = store_content(store)
    shutil.rmtree(store)
    preprocess(store_config(tmp_path, shard_hours=0.001))
    assert store_content(store) == continued


def test_a_take_is_written_as_the_tests_believe(tmp_path):
    """Its notes survive the MIDI file, so that offsets can be checked to the millisecond."""
    write_take(tmp_path, TAKES[1])
    read = read_midi(tmp_path / TAKES[1].midi_filename).notes
    assert [n.note for n in read] == [n.note for n in TAKES[1].notes]
    np.testing.assert_allclose(
        [n.onset_s for n in read], [n.onset_s for n in TAKES[1].notes], atol=1e-9
    )
