"""The dataset on disk: E-GMD's layout, true labels, true offsets, the same bytes each time."""

import csv
import hashlib
from collections import defaultdict

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.midi_processing import MidiNote, read_midi
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.synth.dataset import (
    OFFSETS_NAME,
    SynthConfig,
    _kits_per_performance,
    write_dataset,
)
from drumscribe.data.synth.performances import delayed_by_bars, generated_performances
from drumscribe.drums import LANES8
from drumscribe.utils.errors import DrumscribeError

COLUMNS = (
    "drummer,session,id,style,bpm,beat_type,time_signature,duration,split,"
    "midi_filename,audio_filename,kit_name"
)
SMALL = SynthConfig(n_recordings=20, n_kits=4, duration_s=4.0)


def rows_of(folder, name=CSV_NAME):
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [path.relative_to(folder).as_posix().encode() + path.read_bytes() for path in files]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synth") / "e-gmd"
    return folder, write_dataset(folder, SMALL)


def test_the_csv_is_egmds(dataset):
    folder, _ = dataset
    assert (folder / CSV_NAME).read_text(encoding="utf-8").splitlines()[0] == COLUMNS
    rows = rows_of(folder)
    assert len(rows) == len({row["audio_filename"] for row in rows}) == SMALL.n_recordings
    for row in rows:
        _, session, name = row["audio_filename"].split("/")
        number, style, bpm, beat_type, metre, _kit = name.removesuffix(".wav").split("_")
        assert row["session"] == f"{row['drummer']}/{session}"
        assert row["id"] == f"{row['session']}/{number}"
        assert row["style"].replace("/", "-") == style
        assert (row["bpm"], row["beat_type"], row["time_signature"]) == (bpm, beat_type, metre)
        assert row["midi_filename"] == row["audio_filename"].removesuffix("wav") + "midi"
    assert {row["beat_type"] for row in rows} == {"beat", "fill"}


def test_there_are_the_files_the_csv_lists_and_no_others(dataset):
    folder, _ = dataset
    listed = {row[column] for row in rows_of(folder) for column in row if "filename" in column}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == listed | {CSV_NAME, OFFSETS_NAME}


def test_audio_and_midi_are_in_egmds_formats(dataset):
    folder, _ = dataset
    for row in rows_of(folder):
        info = soundfile.info(folder / row["audio_filename"])
        assert (info.samplerate, info.channels, info.subtype) == (44_100, 1, "PCM_16")
        assert info.frames == round(float(row["duration"]) * 44_100)
        midi = read_midi(folder / row["midi_filename"])
        metre = midi.metre_changes[0]
        assert f"{metre.numerator}-{metre.denominator}" == row["time_signature"]
        assert 60 / midi.tempo_changes[0].seconds_per_quarter == pytest.approx(
            float(row["bpm"]), rel=1e-4
        )
        assert abs(midi.end_s - info.duration) < 0.01


def test_ids_repeat_across_kits_and_splits_share_no_performance(dataset):
    folder, _ = dataset
    kits, splits = defaultdict(list), defaultdict(set)
    for row in rows_of(folder):
        kits[row["id"]].append(row["kit_name"])
        splits[row["id"]].add(row["split"])
    assert all(len(set(names)) == len(names) == SMALL.n_kits for names in kits.values())
    assert all(len(names) == 1 for names in splits.values())
    assert set.union(*splits.values()) == {"train", "validation", "test"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [3, 5, 12])
def test_every_lane_is_in_every_split(n, seed):
    lanes = defaultdict(set)
    for performance in generated_performances(n, duration_s=2.0, seed=seed):
        lanes[performance.split] |= {LANES8.name_by_note[note.note] for note in performance.notes}
    assert lanes == {split: set(LANES8.names) for split in ("train", "validation", "test")}


def heard_offset_s(audio, notes):
    """Constant lag at which rises of the level best meet the notes' onsets, to the half ms."""
    step = 22
    level = np.abs(audio[: audio.size // step * step]).reshape(-1, step).max(axis=1)
    rises = np.maximum(np.diff(np.log10(level + 1e-3), prepend=-3.0), 0)
    lags = np.arange(-100, 101)
    indices = np.array([round(note.onset_s * 44_100 / step) for note in notes])
    places = np.clip(indices[:, None] + lags, 0, rises.size - 1)
    return float(lags[rises[places].sum(axis=0).argmax()] * step / 44_100)


def test_the_offsets_written_are_the_offsets_heard(dataset):
    folder, _ = dataset
    truth = {
        row["audio_filename"]: float(row["offset_ms"]) for row in rows_of(folder, OFFSETS_NAME)
    }
    rows = rows_of(folder)
    assert list(truth) == [row["audio_filename"] for row in rows]
    assert max(map(abs, truth.values())) <= SMALL.max_offset_ms
    assert min(truth.values()) < -10 and max(truth.values()) > 10
    for row in rows:
        audio, _ = soundfile.read(folder / row["audio_filename"])
        notes = read_midi(folder / row["midi_filename"]).notes
        offset_ms = truth[row["audio_filename"]]
        assert 1000 * heard_offset_s(audio, notes) == pytest.approx(offset_ms, abs=1.0)
        first = round((notes[0].onset_s + offset_ms / 1000) * 44_100)
        # Nothing is lost in front: before the first hit, silence; at it, sound.
        assert first > 0
        assert not audio[: first - 1].any()
        assert np.abs(audio[first : first + 44]).max() > 0


def test_the_summary_counts_what_is_there(dataset):
    folder, summary = dataset
    rows = rows_of(folder)
    notes = [n for row in rows for n in read_midi(folder / row["midi_filename"]).notes]
    lanes = [LANES8.name_by_note[note.note] for note in notes]
    assert summary.n_recordings == len(rows)
    assert summary.duration_s == pytest.approx(sum(float(row["duration"]) for row in rows))
    assert summary.n_notes_by_lane == {name: lanes.count(name) for name in LANES8.names}
    assert summary.n_recordings_by_split == {"train": 12, "validation": 4, "test": 4}
    assert summary.n_unplayed_notes == 0


@pytest.mark.slow
def test_the_same_arguments_write_the_same_bytes(tmp_path):
    def written(name, **changes):
        config = {"n_recordings": 4, "n_kits": 2, "duration_s": 1.0, **changes}
        write_dataset(tmp_path / name, SynthConfig(**config))
        return digest(tmp_path / name)

    once = written("once")
    assert written("again") == once
    assert written("two_workers", n_workers=2) == once
    assert written("other_seed", seed=2) != once


def test_no_offset_when_none_is_wanted(tmp_path):
    write_dataset(tmp_path / "d", SynthConfig(n_recordings=3, duration_s=1.0, max_offset_ms=0))
    assert {float(row["offset_ms"]) for row in rows_of(tmp_path / "d", OFFSETS_NAME)} == {0.0}


@given(n_recordings=st.integers(3, 400), n_kits=st.integers(1, 43))
def test_there_is_a_performance_for_every_split(n_recordings, n_kits):
    config = SynthConfig(n_recordings=n_recordings, n_kits=n_kits)
    kits = _kits_per_performance(config)
    assert 1 <= kits <= n_kits
    assert -(-n_recordings // kits) >= 3


def test_a_remainder_is_recorded_with_fewer_kits(tmp_path):
    config = SynthConfig(n_recordings=7, n_kits=3, duration_s=1.0)
    summary = write_dataset(tmp_path / "d", config)
    assert summary.n_recordings == len(rows_of(tmp_path / "d")) == 7
    assert min(summary.n_recordings_by_split.values()) >= 1


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DrumscribeError, match=r"is not empty; name a new folder") as caught:
        write_dataset(tmp_path, SMALL)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(DrumscribeError, match="is a file"):
        write_dataset(tmp_path / "mine.txt", SMALL)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_run_that_fails_leaves_no_csv(tmp_path, monkeypatch):
    def no_disk(*args, **kwargs):
        raise DrumscribeError("disk full")

    monkeypatch.setattr("drumscribe.data.synth.recording._write_wav", no_disk)
    with pytest.raises(DrumscribeError, match="disk full"):
        write_dataset(tmp_path / "d", SMALL)
    assert not (tmp_path / "d" / CSV_NAME).exists()


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("n_recordings", 2, "--recordings 2"),
        ("n_kits", 0, "--kits 0"),
        ("n_kits", 44, "--kits 44"),
        ("duration_s", 0.5, "--seconds 0.5"),
        ("duration_s", float("nan"), "--seconds nan"),
        ("max_offset_ms", -1.0, "--max-offset-ms -1.0"),
        ("max_offset_ms", 101.0, "--max-offset-ms 101.0"),
        ("n_workers", 0, "--workers 0"),
        ("seed", -1, "--seed -1"),
    ],
)
def test_nonsense_is_refused_by_its_option(name, value, typed):
    with pytest.raises(DrumscribeError, match=rf"^{typed}: must be"):
        SynthConfig(**{name: value})


GM_PATTERN = [MidiNote(0.5 * beat, (36, 38)[beat % 2], 90) for beat in range(8)]


def write_midi_folder(folder, paths, bpm=97.6):
    for path in paths:
        write_midi(folder / path, GM_PATTERN, duration_s=4.0, bpm=bpm, metre=(3, 4))


def test_midi_files_become_performances(tmp_path):
    write_midi_folder(tmp_path / "midi", ["a b.mid", "sub/C.MIDI", "sub/deeper/d.mid"])
    (tmp_path / "midi" / "notes.txt").write_text("not MIDI")
    config = SynthConfig(n_recordings=6, n_kits=2, midi_dir=tmp_path / "midi")
    summary = write_dataset(tmp_path / "d", config)
    rows = rows_of(tmp_path / "d")
    assert summary.n_notes_by_lane["kick"] == summary.n_notes_by_lane["snare"] == 6 * 4
    assert {row["style"] for row in rows} == {"ab", "c", "d"}
    assert {(row["bpm"], row["time_signature"]) for row in rows} == {("98", "3-4")}
    midi = read_midi(tmp_path / "d" / rows[0]["midi_filename"])
    assert midi.tempo_changes[0].seconds_per_quarter == pytest.approx(60 / 97.6, rel=1e-6)
    # Moved by one whole bar, so that an early take loses nothing and the bars stay true.
    onsets = np.array([note.onset_s for note in midi.notes])
    originals = np.array([note.onset_s for note in GM_PATTERN])
    np.testing.assert_allclose(onsets - originals, 3 * 60 / 97.6, atol=0.001)


def test_groove_midi_keeps_its_identity_and_its_official_splits(tmp_path):
    folder = tmp_path / "gmd"
    names = [f"drummer{i % 2 + 1}/eval_session/{i}_funk-groove1_98_fill_3-4.mid" for i in range(9)]
    write_midi_folder(folder, names, bpm=98)
    official = {name: ("train", "validation", "test")[i // 3] for i, name in enumerate(names)}
    lines = [f"{name},{split}" for name, split in official.items()]
    (folder / "info.csv").write_text("\n".join(["midi_filename,split", *lines]))
    write_dataset(tmp_path / "d", SynthConfig(n_recordings=5, n_kits=1, midi_dir=folder))
    for row in rows_of(tmp_path / "d"):
        original = row["midi_filename"].removesuffix("_101.midi") + ".mid"
        assert row["split"] == official[original]
        assert (row["style"], row["beat_type"]) == ("funk/groove1", "fill")


def test_notes_no_piece_plays_are_counted(tmp_path):
    for name in "abc":
        notes = [*GM_PATTERN, MidiNote(1.0, 56, 90)]
        write_midi(tmp_path / "midi" / f"{name}.mid", notes, duration_s=4.0)
    config = SynthConfig(n_recordings=6, n_kits=2, midi_dir=tmp_path / "midi")
    assert write_dataset(tmp_path / "d", config).n_unplayed_notes == 3


def test_too_few_midi_files_are_said_so(tmp_path):
    write_midi_folder(tmp_path / "midi", ["a.mid"])
    config = SynthConfig(n_recordings=6, n_kits=2, midi_dir=tmp_path / "midi")
    with pytest.raises(DrumscribeError, match=r"3 MIDI files are needed but only 1"):
        write_dataset(tmp_path / "d", config)
    assert not (tmp_path / "d").exists()


def test_a_performance_with_room_in_front_is_not_moved():
    performance = generated_performances(3, duration_s=2.0, seed=0)[0]
    assert delayed_by_bars(performance, 0.05) is performance
