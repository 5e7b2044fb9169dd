import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.data import egmd_verify
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.data.egmd_verify import N_ROWS, Problem, verify_egmd
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.utils.errors import DrumscribeError

WAV_RATE = 8_000
DURATION_S = 1.5

Rows = list[dict[str, str]]


def write_dataset(folder: Path, n_performances: int = 2, n_kits: int = 2) -> Rows:
    """A small sound dataset; its rows, for a test to spoil and write again."""
    rows = []
    for performance in range(n_performances):
        for kit in range(n_kits):
            stem = f"d1/s1/{performance}_rock_{kit}"
            audio = np.zeros(int(DURATION_S * WAV_RATE))
            (folder / stem).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / f"{stem}.wav", audio, WAV_RATE)
            write_midi(folder / f"{stem}.midi", [MidiNote(0.5, 36, 100)], duration_s=DURATION_S)
            values = {
                "id": f"d1/s1/{performance}",
                "duration": str(DURATION_S),
                "split": ["train", "validation", "test"][performance % 3],
                "midi_filename": f"{stem}.midi",
                "audio_filename": f"{stem}.wav",
                "kit_name": f"Kit {kit}",
            }
            rows.append(dict.fromkeys(COLUMNS, "x") | values)
    write_rows(folder, rows)
    return rows


def write_rows(folder: Path, rows: Rows) -> None:
    with (folder / CSV_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("full", [False, True])
def test_sound_dataset_is_ok(tmp_path: Path, full: bool) -> None:
    write_dataset(tmp_path, n_performances=3, n_kits=2)
    report = verify_egmd(tmp_path, full=full)
    assert report.ok
    assert (report.n_rows, report.n_performances, report.n_kits) == (6, 3, 2)
    assert "6 of 6 rows are sound" in "\n".join(report.lines())


def test_every_problem_is_found_and_named(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path, n_performances=5, n_kits=2)
    audio = [row["audio_filename"] for row in rows]
    midi = [row["midi_filename"] for row in rows]
    (tmp_path / audio[0]).unlink()
    (tmp_path / midi[1]).unlink()
    (tmp_path / audio[2]).write_bytes(b"no audio")
    (tmp_path / midi[3]).write_bytes(b"no midi")
    soundfile.write(tmp_path / audio[4], np.zeros(WAV_RATE), WAV_RATE)
    rows[5]["audio_filename"] = ""
    rows[6]["split"] = "holdout"
    rows[7]["duration"] = ""
    rows[8]["audio_filename"] = audio[9]
    write_rows(tmp_path, rows)
    report = verify_egmd(tmp_path, full=True)
    assert not report.ok
    assert report.n_sound_rows == 1
    assert report.problems == {
        Problem.MISSING_AUDIO: (audio[0],),
        Problem.MISSING_MIDI: (midi[1],),
        Problem.UNREADABLE_AUDIO: (audio[2],),
        Problem.UNREADABLE_MIDI: (midi[3],),
        Problem.OTHER_DURATION: (audio[4],),
        Problem.EMPTY_NAME: ("row 6",),
        Problem.UNKNOWN_SPLIT: (audio[6],),
        Problem.NO_DURATION: (audio[7],),
        Problem.REPEATED_AUDIO: (audio[9],),
    }
    text = "\n".join(report.lines())
    assert all(name in text for names in report.problems.values() for name in names)


def test_midi_is_read_only_when_asked(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path)
    (tmp_path / rows[0]["midi_filename"]).write_bytes(b"no midi")
    report = verify_egmd(tmp_path)
    assert report.ok
    assert "not read" in "\n".join(report.lines())
    assert not verify_egmd(tmp_path, full=True).ok


def test_wav_cut_by_a_full_disk_is_found(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path)
    path = tmp_path / rows[0]["audio_filename"]
    path.write_bytes(path.read_bytes()[:12_000])
    report = verify_egmd(tmp_path)
    assert report.problems == {Problem.OTHER_DURATION: (rows[0]["audio_filename"],)}


def test_small_differences_of_duration_pass(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path)
    rows[0]["duration"] = str(DURATION_S + 0.01)
    write_rows(tmp_path, rows)
    assert verify_egmd(tmp_path).ok


def test_workers_find_the_same(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path)
    (tmp_path / rows[2]["audio_filename"]).unlink()
    assert verify_egmd(tmp_path, n_workers=2) == verify_egmd(tmp_path)


def test_midi_only_download_is_recognised(tmp_path: Path) -> None:
    for row in write_dataset(tmp_path):
        (tmp_path / row["audio_filename"]).unlink()
    assert "MIDI-only" in "\n".join(verify_egmd(tmp_path).lines())


def test_report_tells_part_from_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = write_dataset(tmp_path)
    assert N_ROWS == 45_537
    assert (
        "a part of E-GMD, which has 45,537 rows = 1,059 performances x 43 kits"
        in (verify_egmd(tmp_path).lines()[0])
    )
    monkeypatch.setattr(egmd_verify, "N_ROWS", len(rows))
    assert "the whole of E-GMD" in verify_egmd(tmp_path).lines()[0]


def test_long_lists_are_cut(tmp_path: Path) -> None:
    rows = write_dataset(tmp_path, n_performances=5)
    for row in rows[:5]:
        (tmp_path / row["audio_filename"]).unlink()
    line = next(line for line in verify_egmd(tmp_path).lines() if "absent" in line)
    assert line.startswith("  5 audio files that are absent: ")
    assert line.endswith(", ...")
    assert rows[4]["audio_filename"] not in line


def test_empty_csv_is_not_ok(tmp_path: Path) -> None:
    write_rows(tmp_path, [])
    assert not verify_egmd(tmp_path).ok


def test_csv_without_columns_names_them(tmp_path: Path) -> None:
    (tmp_path / CSV_NAME).write_text("drummer,session\nd1,s1\n")
    with pytest.raises(DrumscribeError, match="audio_filename"):
        verify_egmd(tmp_path)


@pytest.mark.parametrize("n_workers", [0, -5])
def test_fewer_than_one_worker_is_refused(tmp_path: Path, n_workers: int) -> None:
    with pytest.raises(DrumscribeError, match=rf"--workers {n_workers}: must be 1 or more"):
        verify_egmd(tmp_path, n_workers=n_workers)


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
def test_a_folder_whose_name_is_not_utf8_is_verified(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    write_dataset(tmp_path / "egmd")
    (tmp_path / "egmd").rename(folder)
    assert verify_egmd(folder).ok
