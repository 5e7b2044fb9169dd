"""The command line as a user meets it: instant help, one-line errors, exit statuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe import __version__, cli
from drumscribe.commands import checking
from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig
from drumscribe.drums import LANES8
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import SAMPLE_RATE
from drumscribe.transcribe_many import TranscriberSource
from drumscribe.utils.errors import DrumscribeError

HEAVY = {"torch", "lightning", "scipy", "librosa", "matplotlib", "mir_eval", "onnxruntime", "av"}
THIRD_PARTY = HEAVY | {"numpy", "soundfile", "soxr", "mido", "yaml", "rich", "h5py"}

COMMANDS = [
    ["transcribe"],
    ["live"],
    ["preprocess"],
    ["train"],
    ["evaluate"],
    ["export"],
    ["info"],
    ["synth"],
    ["render"],
    ["egmd"],
    ["egmd", "download"],
    ["egmd", "verify"],
    ["doctor"],
]


@dataclass
class Finished:
    """A process that has ended: what it said, and the top-level modules it imported."""

    status: int
    stdout: str
    stderr: list[str]
    imported: set[str]


def run(*command, cwd, options=("-m", "drumscribe")):
    process = subprocess.run(
        [sys.executable, "-X", "importtime", *options, *map(str, command)],
        cwd=cwd,
        env=os.environ | {"DRUMSCRIBE_DATA": str(cwd / "data"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = process.stderr.splitlines()
    times = [line for line in lines if line.startswith("import time:")]
    said = [line for line in lines if not line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in times}
    assert "argparse" in imported, "the times of imports were not printed"
    return Finished(process.returncode, process.stdout, said, imported)


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_help_imports_the_standard_library_alone(tmp_path, command):
    finished = run(*command, "--help", cwd=tmp_path)
    assert finished.status == 0
    assert finished.stdout.startswith("usage: drumscribe " + " ".join(command))
    assert not finished.imported & THIRD_PARTY
    assert not finished.stderr


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n    {command[0]}" in shown


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"drumscribe {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["transmogrify"],
        ["egmd"],
        ["transcribe", "a.wav", "--frobnicate"],
        ["evaluate", "--split", "dev"],
        ["evaluate", "--egmd", "a", "--mdb", "b"],
        ["live", "--file", "a.wav", "--list-devices"],
        ["synth", "folder", "--recordings", "many"],
        ["-v", "models"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2_and_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(command)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: drumscribe")


def filled(folder):
    """A folder with a recording and an empty file called ``best_model.ckpt`` in it."""
    soundfile.write(folder / "a.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    (folder / "best_model.ckpt").touch()
    return folder


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


CANNOT_BE_DONE = {
    "transcribe": "nothing to transcribe",
    "transcribe absent.wav": "absent.wav: no such audio file",
    "transcribe --audio absent.wav": "absent.wav: no such audio file",
    "transcribe a.wav -c absent.ckpt": "absent.ckpt: no such",
    "transcribe a.wav -c x/absent.ckpt": "absent.ckpt: no such",
    "transcribe a.wav --threshold kick=2": "--threshold kick=2: must be a number 0..1",
    "transcribe a.wav --threshold loud": "--threshold loud: must be a number 0..1",
    "transcribe a.wav --format wav": "--format wav: choose of mid, csv, json",
    "transcribe a.wav --config absent.yaml": "absent.yaml: no such config file",
    "transcribe a.wav --set inference.treshold=0.3": "treshold",
    "transcribe a.wav -o a.wav": "a.wav: is a recording itself",
    "transcribe a.wav -o b.mp3": "b.mp3: .mp3 tells no format; give it one of .mid, .csv",
    "transcribe a.wav --quantize-strength 0.5": "as there is no --quantize; leave it out",
    "transcribe a.wav -o a.csv --midi-notes td17": "as no MIDI is written; leave it out",
    "live --file absent.wav": "absent.wav: no such audio file",
    "live --file a.wav -c best_model.ckpt": "best_model.ckpt: live needs an .onnx model",
    "train": "holds no features; run 'drumscribe preprocess' first",
    "train --set training.epochs=0": "training.epochs",
    "train --set training.epoch=3": "training.epoch",
    "preprocess": "drumscribe egmd download",
    "evaluate": "holds no features; run 'drumscribe preprocess' first",
    "evaluate --mdb absent": "absent: no such folder",
    "evaluate --egmd absent": "absent: no such folder",
    "evaluate --report a.wav": "a.wav: is no folder; name the one that report.html goes into",
    "evaluate --report out.html": "out.html: is no folder",
    "export best_model.ckpt model.pt": "model.pt: name a file that ends in .onnx",
    "export drums8 x.onnx": "is an .onnx model already; name a checkpoint",
    "info absent.onnx": "absent.onnx: no such",
    "synth out --recordings 1": "--recordings 1: must be 3..100000",
}
"""Commands, each with what is said of it."""

# Runs many commands in one process, which says of each its status and all that is imported by then.
EACH = """
import json, sys
from drumscribe import cli
for command in sys.argv[1:]:
    status = cli.main(command.split())
    imported = sorted({name.partition(".")[0] for name in sys.modules})
    print(end="\\0" + json.dumps([status, imported]) + "\\0", flush=True)
    print(end="\\0", file=sys.stderr, flush=True)
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """How each of ``CANNOT_BE_DONE`` finished."""
    folder = filled(tmp_path_factory.mktemp("folder"))
    process = subprocess.run(
        [sys.executable, "-c", EACH, *CANNOT_BE_DONE],
        cwd=folder,
        env=os.environ | {"DRUMSCRIBE_DATA": str(folder / "data"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert sorted(path.name for path in folder.iterdir()) == ["a.wav", "best_model.ckpt"]
    printed, said = process.stdout.split("\0"), process.stderr.split("\0")
    finished = [
        Finished(status, stdout, stderr.splitlines(), set(imported))
        for stdout, (status, imported), stderr in zip(
            printed[:-1:2], map(json.loads, printed[1::2]), said[:-1], strict=True
        )
    ]
    return dict(zip(CANNOT_BE_DONE, finished, strict=True))


@pytest.mark.parametrize("command", CANNOT_BE_DONE)
def test_what_cannot_be_done_is_one_line_and_status_1_before_torch_loads(refused, command):
    finished = refused[command]
    assert finished.status == 1
    assert finished.stdout == ""
    [line] = finished.stderr
    assert line.startswith("drumscribe: ")
    assert CANNOT_BE_DONE[command] in line
    assert not finished.imported & HEAVY


WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None  # importing it fails as if it were not installed
from drumscribe.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("torch", "transcribe a.wav -c best_model.ckpt"),
        ("torch", "train"),
        ("lightning", "train"),
        ("h5py", "preprocess"),
    ],
)
def test_a_missing_package_is_named_with_how_to_install_it(folder, package, command):
    (folder / "data" / "processed_data" / "train").mkdir(parents=True)
    (folder / "data" / "processed_data" / "train" / "shard-00000.h5").touch()
    finished = run(package, *command.split(), cwd=folder, options=["-c", WITHOUT])
    assert finished.status == 1
    line = finished.stderr[-1]
    assert f"needs the package '{package}'" in line
    assert "uv sync" in line
    assert "pip install '.[train]'" in line


def test_live_devices_without_their_extra_are_one_line(folder):
    finished = run("sounddevice", "live", "--list-devices", cwd=folder, options=["-c", WITHOUT])
    assert finished.status == 1
    [line] = finished.stderr
    assert "needs the package 'sounddevice'" in line
    assert "pip install '.[live]'" in line


def stub_command(monkeypatch, error):
    def fail(arguments):
        raise error

    monkeypatch.setattr(checking, "doctor", fail)


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (DrumscribeError("x.wav: is broken"), 1, "drumscribe: x.wav: is broken\n"),
        (KeyboardInterrupt(), 130, "drumscribe: stopped\n"),
    ],
)
def test_what_stops_a_command_decides_the_status(monkeypatch, capsys, error, status, told):
    stub_command(monkeypatch, error)
    assert cli.main(["doctor"]) == status
    assert capsys.readouterr() == ("", told)


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM ends a process there")
def test_sigterm_unwinds_a_command(monkeypatch, capsys):
    before, unwound = signal.getsignal(signal.SIGTERM), []

    def wait(arguments):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            unwound.append(arguments.handler)

    monkeypatch.setattr(checking, "doctor", wait)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        assert cli.main(["doctor"]) == 143
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    assert unwound == ["checking.doctor"]
    assert capsys.readouterr() == ("", "drumscribe: stopped\n")


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ModuleNotFoundError("no module named drumscribe.nonsense", name="drumscribe.nonsense"),
        ModuleNotFoundError("without a name"),
    ],
)
def test_a_mistake_in_the_program_is_not_hidden(monkeypatch, error):
    stub_command(monkeypatch, error)
    with pytest.raises(type(error)):
        cli.main(["doctor"])


PRINTING = """
import sys
from drumscribe import cli
from drumscribe.commands import checking
checking.doctor = lambda arguments: print(*range(int(sys.argv[1]))) or 0
sys.exit(cli.main(sys.argv[2:]))
"""


def finished_printing(n_numbers, *command, stdout, unbuffered=""):
    process = subprocess.run(
        [sys.executable, "-c", PRINTING, str(n_numbers), *command],
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return process.returncode, process.stderr


much_or_little = pytest.mark.parametrize("n_numbers", [1, 100_000])  # less and more than a buffer


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise")
@pytest.mark.parametrize("command", ["doctor", "--help"])
@much_or_little
def test_a_reader_that_has_seen_enough_is_no_matter_for_a_message(n_numbers, command):
    reading, writing = os.pipe()
    os.close(reading)
    assert finished_printing(n_numbers, command, stdout=writing) == (1, "")
    os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@much_or_little
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_one_line(n_numbers, unbuffered):
    with Path("/dev/full").open("w") as full:
        status, said = finished_printing(n_numbers, "doctor", stdout=full, unbuffered=unbuffered)
    assert status == 1
    assert said == "drumscribe: standard output: No space left on device\n"


def test_other_errors_of_the_system_are_not_hidden(monkeypatch):
    stub_command(monkeypatch, PermissionError("x"))
    with pytest.raises(PermissionError):
        cli.main(["doctor"])


class SilentModel:
    """A frame model that hears one kick in the middle of whatever it is given."""

    header = ModelHeader(
        LANES8, FeatureConfig(n_mels=8), ModelConfig(), dict.fromkeys(LANES8.names, 0.5)
    )
    n_at_once = 1
    is_on_gpu = False

    def __call__(self, log_mel):
        onset = np.zeros((*log_mel.shape[:2], len(LANES8)), np.float32)
        onset[:, 120, 0] = 1
        return Activations(onset, None, None)


@pytest.fixture
def without_weights(monkeypatch):
    """The stub model in place of a checkpoint."""
    transcriber = Transcriber(SilentModel(), InferenceConfig())
    monkeypatch.setattr(TranscriberSource, "load", lambda source: transcriber)


def test_a_folder_with_a_bad_recording_is_transcribed_but_for_it_and_exits_with_1(
    folder, without_weights, caplog
):
    shutil.copy(folder / "a.wav", folder / "c.wav")
    (folder / "bad.wav").write_bytes(b"RIFF, or so it says")
    options = ["-o", str(folder / "out"), "--workers", "1"]  # others would not hear with the stub
    assert cli.main(["transcribe", str(folder), *options]) == 1
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.mid", "c.mid"]
    assert str(folder / "bad.wav") in caplog.text
    assert "1 of 3 recordings failed" in caplog.text


def test_a_recording_is_written_as_every_format_asked_for(folder, without_weights):
    audio = str(folder / "a.wav")
    assert cli.main(["transcribe", "--audio", audio, "--format", "mid,csv,json"]) == 0
    assert (folder / "a.mid").read_bytes().startswith(b"MThd")
    assert "kick" in (folder / "a.csv").read_text()
    assert '"kick"' in (folder / "a.json").read_text()


def test_standard_output_is_for_results_alone(folder, without_weights, capsys):
    assert cli.main(["transcribe", str(folder / "a.wav")]) == 0
    assert capsys.readouterr().out == ""


def test_a_first_beat_beyond_the_end_is_one_line_that_names_the_recording(
    folder, without_weights, capsys
):
    audio = folder / "a.wav"
    assert cli.main(["transcribe", str(audio), "--first-beat", "1e9", "--workers", "1"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if "first beat" in line]
    assert [line.startswith(f"drumscribe: {audio}: a first beat") for line in lines] == [True]
    assert not (folder / "a.mid").exists()
