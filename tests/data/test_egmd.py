"""E-GMD's csv is read with all its traps, sampled fairly, and labelled by the right MIDI."""

import csv
import dataclasses
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data import egmd
from drumscribe.data.egmd import Recording, read_labels, read_recordings, sample_recordings
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.data.midi_processing import MidiNote, notes_to_events
from drumscribe.data.midi_writing import write_midi
from drumscribe.drums import KITS, LANES8
from drumscribe.utils.errors import DrumscribeError

Row = dict[str, str]

# The 18 of the 43 kits whose pads send other notes than the Acoustic Kit's, by their number.
REMAPPED_KIT_NUMBERS = {6, 8, 10, 13, 17, 18, 23, 26, 28, 36, 43, 51, 52, 54, 55, 56, 57, 58}


def row(name: str = "drummer1/session1/1_funk_120_beat_4-4_1", **changes: str) -> Row:
    """A row as E-GMD has them; ``name`` is that of its files without their suffix."""
    performance = name.split("_")[0]
    return {
        "drummer": name.split("/")[0],
        "session": "/".join(name.split("/")[:2]),
        "id": performance,
        "style": "funk",
        "bpm": "120",
        "beat_type": "beat",
        "time_signature": "4-4",
        "duration": "7.25",
        "split": "train",
        "midi_filename": f"{name}.midi",
        "audio_filename": f"{name}.wav",
        "kit_name": "Acoustic Kit",
    } | changes


def write_csv(folder: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
    with (folder / CSV_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def grid(n_performances: int, n_kits: int, split: str = "train") -> list[Recording]:
    """A split as the csv orders it: every kit of a performance, then the next performance."""
    return [
        Recording(
            audio_filename=f"d/{split}/{p}_rock_{k}.wav",
            midi_filename=f"d/{split}/{p}_rock_{k}.midi",
            performance=f"d/{split}/{p}",
            kit_name=f"Kit {k}",
            split=split,
            duration_s=1.0,
        )
        for p in range(n_performances)
        for k in range(n_kits)
    ]


# The csv


def test_a_row_becomes_a_recording(tmp_path: Path) -> None:
    write_csv(tmp_path, [row(split="validation", kit_name="60s Rock")])
    assert read_recordings(tmp_path).recordings == (
        Recording(
            audio_filename="drummer1/session1/1_funk_120_beat_4-4_1.wav",
            midi_filename="drummer1/session1/1_funk_120_beat_4-4_1.midi",
            performance="drummer1/session1/1",
            kit_name="60s Rock",
            split="val",
            duration_s=7.25,
        ),
    )


def test_one_performance_on_many_kits_stays_many_recordings(tmp_path: Path) -> None:
    names = [f"drummer1/session1/1_funk_120_beat_4-4_{kit}" for kit in range(1, 44)]
    write_csv(tmp_path, [row(name) for name in names])
    recordings = read_recordings(tmp_path).recordings
    assert [r.audio_filename for r in recordings] == [f"{name}.wav" for name in names]
    assert {r.performance for r in recordings} == {"drummer1/session1/1"}


def test_the_official_splits_are_kept(tmp_path: Path) -> None:
    splits = ["test", "train", "validation", "train"]
    write_csv(tmp_path, [row(f"d/s/{i}_x_{i}", split=s) for i, s in enumerate(splits)])
    read = [r.split for r in read_recordings(tmp_path).recordings]
    assert read == ["test", "train", "val", "train"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audio_filename": ""}, "no audio name"),
        ({"audio_filename": "  "}, "no audio name"),
        ({"midi_filename": ""}, "no MIDI name"),
        ({"kit_name": ""}, "no kit name"),
        ({"split": "dev"}, "unknown split 'dev'"),
        ({"split": ""}, "unknown split ''"),
        ({"duration": ""}, "no duration"),
        ({"duration": "long"}, "no duration"),
        ({"duration": "nan"}, "no duration"),
        ({"duration": "inf"}, "no duration"),
        ({"duration": "0"}, "no duration"),
        ({"duration": "-1.5"}, "no duration"),
    ],
    ids=str,
)
def test_a_row_that_names_nothing_usable_is_left_out_and_counted(
    tmp_path: Path, changes: Row, reason: str
) -> None:
    sound = [row("d/s/1_x_1"), row("d/s/2_x_1")]
    write_csv(tmp_path, [sound[0], row("d/s/9_x_1", **changes), sound[1]])
    listed = read_recordings(tmp_path)
    assert [r.audio_filename for r in listed.recordings] == ["d/s/1_x_1.wav", "d/s/2_x_1.wav"]
    assert listed.skipped_rows == {reason: 1}


def test_audio_that_is_named_twice_is_used_once(tmp_path: Path) -> None:
    write_csv(tmp_path, [row(split="train"), row(split="test"), row("d/s/2_x_1")])
    listed = read_recordings(tmp_path)
    assert [r.split for r in listed.recordings] == ["train", "train"]
    assert listed.skipped_rows == {"audio named twice": 1}


def test_rows_with_too_few_or_too_many_cells_do_no_harm(tmp_path: Path) -> None:
    write_csv(tmp_path, [row("d/s/1_x_1"), row("d/s/2_x_1")])
    path = tmp_path / CSV_NAME
    path.write_text(path.read_text() + "drummer1,drummer1/session1\n" + "x," * 20 + "\n\n")
    listed = read_recordings(tmp_path)
    assert len(listed.recordings) == 2
    assert sum(listed.skipped_rows.values()) == 2


def test_columns_may_stand_in_any_order_with_others_and_a_byte_order_mark(tmp_path: Path) -> None:
    write_csv(tmp_path, [row() | {"note": "x"}], ["note", *reversed(COLUMNS)])
    path = tmp_path / CSV_NAME
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_recordings(tmp_path).recordings) == 1


def test_missing_columns_are_named(tmp_path: Path) -> None:
    write_csv(tmp_path, [row()], [c for c in COLUMNS if c not in ("split", "kit_name")])
    with pytest.raises(DrumscribeError, match=rf"{CSV_NAME}: lacks the columns split, kit_name; "):
        read_recordings(tmp_path)


def test_an_absent_csv_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DrumscribeError, match=r"no such file; get E-GMD .*data\.root"):
        read_recordings(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0\1", b"\n\n", bytes(range(256))])
def test_a_csv_that_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CSV_NAME).write_bytes(content)
    with pytest.raises(DrumscribeError) as info:
        read_recordings(tmp_path)
    assert str(info.value).startswith(f"{tmp_path / CSV_NAME}: ")
    assert "\n" not in str(info.value)


def test_the_real_csv_is_read_without_loss(shared_data: Path, tmp_path: Path) -> None:
    rows = (shared_data / "egmd-metadata-4554-rows.csv").read_bytes()
    (tmp_path / CSV_NAME).write_bytes(rows)
    listed = read_recordings(tmp_path)
    assert len(listed.recordings) + sum(listed.skipped_rows.values()) == 4554
    assert len(listed.recordings) > 4500
    splits = defaultdict(set)
    for recording in listed.recordings:
        splits[recording.performance].add(recording.split)
    assert all(len(found) == 1 for found in splits.values())


# Samples


def test_a_sample_is_as_large_as_asked_for_and_holds_nothing_twice() -> None:
    recordings = grid(20, 5) + grid(4, 5, "val") + grid(6, 5, "test")
    for n_files in (1, 2, 3, 10, 77, 149, 150, 151):
        sample = sample_recordings(recordings, n_files)
        assert len(sample) == min(n_files, 150)
        assert len({r.audio_filename for r in sample}) == len(sample)


def test_a_sample_keeps_the_order_of_the_csv() -> None:
    recordings = grid(20, 5) + grid(4, 5, "val")
    sample = sample_recordings(recordings, 30)
    assert sample == [r for r in recordings if r in sample]


def test_the_same_sample_is_taken_every_time_and_in_whatever_order_the_csv_is() -> None:
    recordings = grid(20, 7) + grid(5, 7, "val") + grid(5, 7, "test")
    sample = set(sample_recordings(recordings, 40))
    for seed in range(5):
        shuffled = random.Random(seed).sample(recordings, len(recordings))
        assert set(sample_recordings(shuffled, 40)) == sample


def test_a_sample_is_spread_over_performances_and_never_the_head() -> None:
    recordings = grid(50, 43)
    sample = sample_recordings(recordings, 40)
    assert len({r.performance for r in sample}) == 40
    assert set(sample) != set(recordings[:40])
    twice = Counter(r.performance for r in sample_recordings(recordings, 100))
    assert set(twice.values()) == {2}


def test_a_sample_uses_every_kit_alike() -> None:
    sample = sample_recordings(grid(50, 10), 100)
    assert set(Counter(r.kit_name for r in sample).values()) == {10}


def test_every_split_keeps_its_share() -> None:
    recordings = grid(80, 10) + grid(10, 10, "val") + grid(10, 10, "test")
    assert Counter(r.split for r in sample_recordings(recordings, 100)) == {
        "train": 80,
        "val": 10,
        "test": 10,
    }


def test_a_small_split_is_not_left_without_recordings() -> None:
    recordings = grid(100, 10) + grid(1, 1, "val") + grid(1, 2, "test")
    assert set(Counter(r.split for r in sample_recordings(recordings, 4))) == {
        "train",
        "val",
        "test",
    }


@given(
    st.integers(1, 12), st.integers(1, 6), st.integers(0, 4), st.integers(0, 4), st.integers(1, 99)
)
def test_samples_of_any_dataset_hold_what_it_has(
    n_train: int, n_kits: int, n_val: int, n_test: int, n_files: int
) -> None:
    recordings = grid(n_train, n_kits) + grid(n_val, n_kits, "val") + grid(n_test, n_kits, "test")
    sample = sample_recordings(recordings, n_files)
    assert len(sample) == min(n_files, len(recordings))
    assert set(sample) <= set(recordings)


# Labels


NOTES = [MidiNote(0.5, 42, 80), MidiNote(1.0, 47, 90), MidiNote(1.5, 38, 100)]


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Recording]:
    """Write the MIDI of a performance on the Acoustic Kit (1) and on another kit (8)."""

    def write(
        kit_name: str, *, own: Sequence[MidiNote], canonical: Sequence[MidiNote] | None
    ) -> Recording:
        stem = "drummer1/session1/1_funk_120_beat_4-4"
        (tmp_path / stem).parent.mkdir(parents=True, exist_ok=True)
        write_midi(tmp_path / f"{stem}_8.midi", own, duration_s=3)
        if canonical is not None:
            write_midi(tmp_path / f"{stem}_1.midi", canonical, duration_s=3)
        write_csv(tmp_path, [row(f"{stem}_8", kit_name=kit_name)])
        return read_recordings(tmp_path).recordings[0]

    return write


def with_notes(numbers: Sequence[int], *, later_s: float = 0.0) -> list[MidiNote]:
    return [
        dataclasses.replace(note, note=number, onset_s=note.onset_s + later_s)
        for note, number in zip(NOTES, numbers, strict=True)
    ]


def test_an_ordinary_kit_is_labelled_by_its_own_midi(
    tmp_path: Path, record: Callable[..., Recording]
) -> None:
    recording = record("60s Rock", own=NOTES, canonical=with_notes([36, 36, 36]))
    labels = read_labels(tmp_path, recording)
    assert labels.source == "own"
    assert [note.note for note in labels.notes] == [42, 47, 38]
    assert labels.overrides == {}


@pytest.mark.parametrize("later_s", [0.0, 0.004, 0.25, -0.25])
def test_a_remapped_kit_takes_the_notes_of_the_canonical_kit_at_its_own_times(
    tmp_path: Path, record: Callable[..., Recording], later_s: float
) -> None:
    own = with_notes([42, 42, 38], later_s=later_s)  # its second tom's rim sends the hi-hat's note
    labels = read_labels(tmp_path, record("JingleStacks (2nd Hi-Hat)", own=own, canonical=NOTES))
    assert labels.source == "canonical"
    assert [note.note for note in labels.notes] == [42, 47, 38]
    assert [note.onset_s for note in labels.notes] == pytest.approx(
        [note.onset_s for note in own], abs=0.002
    )
    assert labels.midi.notes[0].onset_s == pytest.approx(own[0].onset_s, abs=0.002)
    assert labels.overrides == {}


@pytest.mark.parametrize(
    "canonical",
    [
        None,
        [],
        NOTES[:2],
        [*NOTES, MidiNote(2.0, 36, 90)],
        [NOTES[0], dataclasses.replace(NOTES[1], onset_s=1.05), NOTES[2]],
        [dataclasses.replace(note, onset_s=note.onset_s * 1.1) for note in NOTES],
    ],
    ids=["absent", "empty", "shorter", "longer", "one hit elsewhere", "another tempo"],
)
def test_a_canonical_kit_with_other_hits_is_not_used(
    tmp_path: Path, record: Callable[..., Recording], canonical: list[MidiNote] | None
) -> None:
    labels = read_labels(tmp_path, record("Super Boom (Layered)", own=NOTES, canonical=canonical))
    assert labels.source == "own"
    assert [note.note for note in labels.notes] == [42, 47, 38]


@pytest.mark.parametrize(
    ("kit_name", "note", "lane"),
    [
        ("Jazz Funk", 56, "mid_tom"),
        ("Second Line", 56, "mid_tom"),
        ("Warmer Funk", 56, "mid_tom"),
        ("Funk Rock", 56, "mid_tom"),
        ("Super Boom (Layered)", 39, "mid_tom"),
        ("Deep Daft", 39, "mid_tom"),
        ("West Coast (FUNK)", 56, "low_tom"),
        ("Dark Hybrid", 54, "hihat"),
        ("Compact Lite (w/ Tambourine HH)", 54, "hihat"),
        ("Deep Daft", 54, "hihat"),
        ("Acoustic Kit", 39, "snare"),
    ],
)
def test_a_pad_that_sends_another_note_keeps_its_lane(
    tmp_path: Path, record: Callable[..., Recording], kit_name: str, note: int, lane: str
) -> None:
    recording = record(kit_name, own=[MidiNote(0.5, note, 90)], canonical=None)
    labels = read_labels(tmp_path, recording)
    reading = notes_to_events(labels.notes, LANES8, labels.overrides)
    assert [event.drum for event in reading.events] == [lane]
    assert not reading.unknown_notes


def test_a_cowbell_of_an_ordinary_kit_is_unknown_and_counted(
    tmp_path: Path, record: Callable[..., Recording]
) -> None:
    recording = record("More Cowbell (Pop-Rock)", own=[MidiNote(0.5, 56, 90)], canonical=None)
    labels = read_labels(tmp_path, recording)
    assert notes_to_events(labels.notes, LANES8, labels.overrides).unknown_notes == {56: 1}


def test_overrides_name_classes_that_every_kit_has() -> None:
    for overrides in egmd._NOTE_OVERRIDES.values():
        for kit in KITS.values():
            assert set(overrides.values()) <= set(kit.names)


def test_the_remapped_kits_are_called_as_egmd_calls_them(shared_data: Path) -> None:
    names = json.loads((shared_data / "egmd-kit-numbers.json").read_text())
    assert names[str(egmd.CANONICAL_KIT_NUMBER)] == "Acoustic Kit"
    assert {names[str(number)] for number in REMAPPED_KIT_NUMBERS} == egmd._REMAPPED_KITS


def test_an_absent_or_damaged_midi_is_refused_by_name(
    tmp_path: Path, record: Callable[..., Recording]
) -> None:
    recording = record("60s Rock", own=NOTES, canonical=None)
    path = tmp_path / recording.midi_filename
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DrumscribeError, match=r"4-4_8\.midi: is not a readable MIDI file"):
        read_labels(tmp_path, recording)
    path.unlink()
    with pytest.raises(DrumscribeError, match=r"4-4_8\.midi: no such MIDI file"):
        read_labels(tmp_path, recording)


def test_a_damaged_canonical_midi_does_not_cost_the_recording(
    tmp_path: Path, record: Callable[..., Recording]
) -> None:
    recording = record("Deep Daft", own=NOTES, canonical=NOTES)
    (tmp_path / "drummer1/session1/1_funk_120_beat_4-4_1.midi").write_bytes(b"MThd")
    assert read_labels(tmp_path, recording).source == "own"
