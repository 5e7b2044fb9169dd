"""``drumscribe synth`` and ``render``: what they tell, and options that would do nothing."""

import numpy as np
import pytest
import soundfile

from drumscribe import cli
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi


def told(capsys, *command):
    """Exit status, standard output and standard error of a command."""
    status = cli.main([str(word) for word in command])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--layout", "out", "--hours", "1"], "--hours: is of no use here, as --layout"),
        (["--layout", "out", "--val-hours", "0"], "--val-hours: is of no use here, as --layout"),
        (["--layout", "out", "--test-hours", "1"], "--test-hours: is of no use here, as --layout"),
        (
            ["--layout", "out", "--soundfont", "a.sf2"],
            "--soundfont: is of no use here, as --layout",
        ),
        (["--layout", "out", "--voices", "a"], "--voices: is of no use here, as --layout"),
        (["--layout", "out", "--overwrite"], "--overwrite: is of no use here, as --layout"),
        (["--layout", "out", "--performances", "0"], "--performances 0: must be 1 or more"),
        (["--performances", "3"], "--performances: is of no use here, as without --layout"),
        (["--set", "data.kit=articulations12"], "data.kit: rendered features have the classes of"),
    ],
)
def test_what_would_be_ignored_is_refused(capsys, options, expected):
    status, out, err = told(capsys, "render", "--midi", "absent", "--kits", "absent", *options)
    assert (status, out) == (1, "")
    assert err.startswith(f"drumscribe: {expected}")


def test_help_tells_how_much_is_rendered_by_default(capsys):
    with pytest.raises(SystemExit):
        cli.main(["render", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for hours in ("training audio (default: 10)", "validation audio (default: 0.5)"):
        assert hours in shown


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--hours nan", "--hours nan: must be 0..100000"),
        ("--hours -1", "--hours -1.0: must be 0..100000"),
        ("--val-hours inf", "--val-hours inf: must be 0..100000"),
        ("--test-hours -2", "--test-hours -2.0: must be 0..100000"),
        ("--hours 0 --val-hours 0", "--hours, --val-hours, --test-hours: are all 0"),
        ("--seed -1", "--seed -1: must be 0..4294967295"),
        ("--seed -1 --layout out", "--seed -1: must be 0..4294967295"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_its_option(capsys, options, expected):
    command = ("render", "--midi", "absent", "--kits", "absent", *options.split())
    status, out, err = told(capsys, *command)
    assert (status, out) == (1, "")
    assert err.startswith(f"drumscribe: {expected}")


def test_a_practice_sets_seed_has_the_same_bounds(capsys):
    status, _, err = told(capsys, "synth", "out", "--seed", -1)
    assert (status, err) == (1, "drumscribe: --seed -1: must be 0..4294967295\n")


def test_no_number_of_workers_is_one_for_each_core(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("drumscribe.utils.cores.n_usable_cores", lambda: 1)
    folder = ("synth", tmp_path / "set", "--recordings", 3, "--kits", 1, "--seconds", 2)
    assert told(capsys, *folder, "--workers", 0)[0] == 0
    verify = ("egmd", "verify", "--set", f"data.root={tmp_path}", "--set", "data.dataset_dir=set")
    status, out, _ = told(capsys, *verify, "--workers", 0)
    assert status == 0
    assert "3 of 3 rows are sound" in out


@pytest.mark.parametrize("command", ["synth out", "egmd verify", "transcribe a.wav"])
def test_fewer_than_no_workers_are_refused_as_typed(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    soundfile.write("a.wav", np.zeros(100), 22_050)
    status, out, err = told(capsys, *command.split(), "--workers", -2)
    assert (status, out) == (1, "")
    assert err.startswith("drumscribe: --workers -2: must be 1")


def test_notes_that_are_left_out_of_a_practice_set_are_counted(capsys, tmp_path):
    for number in range(3):
        notes = [MidiNote(0.5, 36, 100), MidiNote(1.0, 56, 100), MidiNote(1.5, 38, 100)]
        write_midi(tmp_path / "midi" / f"{number}.mid", notes, duration_s=2.0, bpm=120)
    command = ("synth", tmp_path / "set", "--midi", tmp_path / "midi", "--recordings", 3)
    status, out, _ = told(capsys, *command, "--kits", 1)
    assert status == 0
    assert "3 notes left out: no instrument plays them" in out


def test_a_practice_set_is_not_taken_for_the_dataset(capsys, tmp_path):
    """It lies where E-GMD belongs, so a download would have nothing to do."""
    folder = tmp_path / "e-gmd-v1.0.0"
    status, _, _ = told(capsys, "synth", folder, "--recordings", 3, "--kits", 1, "--seconds", 2)
    assert status == 0
    status, out, err = told(capsys, "egmd", "download", "--set", f"data.root={tmp_path}")
    assert (status, out) == (1, "")
    assert err.startswith(f"drumscribe: {folder}: holds 3 recordings, not E-GMD's 45,537; ")
    assert "rename or delete it" in err
