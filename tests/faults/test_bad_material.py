"""Datasets, labels, features and settings that are wrong, in every command that reads them."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import mido
import numpy as np
import pytest
import soundfile
from bad_models import graph_model

from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.timing import SAMPLE_RATE
from store_fixtures import STORE_HEADER, write_random_shard

# A csv


def _rows(change: Callable[[list[list[str]]], object]) -> Callable[[Path], None]:
    """Change the table of a csv in place."""

    def damage(path: Path) -> None:
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        change(rows)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)

    return damage


BAD_CSV: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "no such file"),
    "empty": (lambda path: path.write_bytes(b""), "lacks the columns"),
    "text": (lambda path: path.write_text("kick, snare\n1, 2\n"), "lacks the columns"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 9), "cannot be read"),
    "UTF-16": (lambda p: p.write_text(p.read_text(), "utf-16"), "cannot be read"),
    "a column less": (_rows(lambda rows: rows[0].remove("split")), "lacks the columns split"),
    "a huge cell": (lambda path: path.write_bytes(path.read_bytes() + b"x" * 200_000), "cannot"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), "no such file"),
}

CSV_READERS = (
    "preprocess --set data.dataset_dir=set --set preprocessing.n_workers=1",
    "evaluate --egmd data/set -c model.onnx",
    "tune --egmd data/set -c model.onnx -o tuned.onnx",
    "egmd verify --set data.dataset_dir=set",
)


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    """A practice set of three recordings, a model and a store."""
    folder = tmp_path_factory.mktemp("material")
    write_dataset(folder / "data/set", SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0))
    graph_model(folder / "model.onnx")
    soundfile.write(folder / "a.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    for split in ("train", "val", "test"):
        shard = folder / "data/store" / split / "shard-00000.h5"
        write_random_shard(shard, [400, 500], seed=1, header=STORE_HEADER)
    return folder


@pytest.fixture
def equipped(here: Path, material: Path) -> Path:
    shutil.copytree(material, here, dirs_exist_ok=True)
    return here


@pytest.mark.parametrize("kind", BAD_CSV)
@pytest.mark.parametrize("command", CSV_READERS)
def test_a_bad_csv_is_refused(refuses, equipped, command, kind):
    damage, told = BAD_CSV[kind]
    damage(equipped / "data/set" / CSV_NAME)
    refuses(*command.split(), told=told)


@pytest.mark.parametrize(
    "cell", ["", "../../../etc/passwd", "a\0b.wav", 300 * "x", "nan", "-1", "1e999", "/"]
)
@pytest.mark.parametrize("command", CSV_READERS[1::2], ids=["evaluate", "verify"])
@pytest.mark.parametrize("column", ["audio_filename", "midi_filename", "duration", "split", "id"])
def test_a_bad_cell_costs_its_row_at_most(run, equipped, command, column, cell):
    def spoil(rows: list[list[str]]) -> None:
        place = rows[0].index(column)
        for row in rows[1:]:
            row[place] = cell

    _rows(spoil)(equipped / "data/set" / CSV_NAME)
    finished = run(*command.split())
    assert finished.status in (0, 1)
    assert len(finished.said) <= 1


# MIDI files


def _event(*data: int) -> bytes:
    """A file with one track of the given bytes."""
    track = bytes(data)
    return b"MThd\0\0\0\6\0\1\0\1\x01\xe0MTrk" + len(track).to_bytes(4, "big") + track


_END = (0, 0xFF, 0x2F, 0)
_NOTE = (0, 0x99, 36, 100, 10, 0x89, 36, 0)
BAD_MIDI: dict[str, bytes] = {
    "empty": b"",
    "text": b"kick snare",
    "zeros": bytes(1000),
    "header only": b"MThd\0\0\0\6\0\1\0\1\x01\xe0",
    "header cut": b"MThd\0\0\0\6\0",
    "65535 tracks": b"MThd\0\0\0\6\0\1\xff\xff\x01\xe0",
    "type 2": b"MThd\0\0\0\6\0\2\0\1\x01\xe0" + _event(*_NOTE, *_END)[14:],
    "type 9": b"MThd\0\0\0\6\0\x09\0\1\x01\xe0" + _event(*_NOTE, *_END)[14:],
    "no ticks": b"MThd\0\0\0\6\0\1\0\1\0\0" + _event(*_NOTE, *_END)[14:],
    "SMPTE": b"MThd\0\0\0\6\0\1\0\1\xe7\x28" + _event(*_NOTE, *_END)[14:],
    "track cut": _event(*_NOTE, *_END)[:-6],
    "track of 4 GB": b"MThd\0\0\0\6\0\1\0\1\x01\xe0MTrk\xff\xff\xff\xff" + bytes(_NOTE),
    "running status first": _event(0, 36, 100, *_END),
    "endless length": _event(0, 0xFF, 1, *(20 * [0xFF])),
    "key of 9 flats": _event(0, 0xFF, 0x59, 2, 0xF7, 0, *_NOTE, *_END),
    "RIFF": b"RIFF\0\0\0\0RMIDdata" + _event(*_NOTE, *_END),
}
ODD_MIDI: dict[str, bytes] = {
    "no end": _event(*_NOTE),
    "no notes": _event(*_END),
    "no tempo": _event(0, 0xFF, 0x51, 3, 0, 0, 0, *_NOTE, *_END),
    "slowest tempo": _event(0, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF, *_NOTE, *_END),
    "fastest tempo": _event(0, 0xFF, 0x51, 3, 0, 0, 1, *_NOTE, *_END),
    "metre 255/16": _event(0, 0xFF, 0x58, 4, 255, 4, 24, 8, *_NOTE, *_END),
    "metre 1/2^255": _event(0, 0xFF, 0x58, 4, 1, 255, 24, 8, *_NOTE, *_END),
    "metre 0/4": _event(0, 0xFF, 0x58, 4, 0, 2, 24, 8, *_NOTE, *_END),
    "a year long": _event(*_NOTE, *(0xFF, 0xFF, 0xFF, 0x7F, 0x99, 36, 100), *_END),
    "4369 bars": _event(*_NOTE, 0x84, 0x80, 0x80, 0, 0x99, 36, 100, *_END),
    "every note": _event(*(b for n in range(128) for b in (1, 0x99, n, 127)), *_END),
    "a note for ever": _event(0, 0x99, 36, 100, *_END),
    "velocity 200": _event(0, 0x99, 36, 200, *_END),
}

MIDI_READERS = (
    "chart a.wav -o song --midi midi/0.mid",
    "synth out --recordings 3 --kits 1 --seconds 1 --midi midi",
)


@pytest.fixture
def midi_files(equipped: Path) -> Callable[[bytes], None]:
    def write(content: bytes) -> None:
        (equipped / "midi").mkdir()
        for index in range(3):
            (equipped / f"midi/{index}.mid").write_bytes(content)

    return write


@pytest.mark.parametrize("content", BAD_MIDI.values(), ids=BAD_MIDI)
@pytest.mark.parametrize("command", MIDI_READERS, ids=["chart", "synth"])
def test_a_bad_midi_file_is_refused(refuses, midi_files, command, content):
    midi_files(content)
    refuses(*command.split(), told=".mid")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("content", ODD_MIDI.values(), ids=ODD_MIDI)
@pytest.mark.parametrize(
    "command", [MIDI_READERS[0], MIDI_READERS[0] + " --game dtxmania"], ids=["clonehero", "dtx"]
)
def test_an_odd_midi_file_is_charted_or_refused(run, midi_files, command, content):
    midi_files(content)
    finished = run(*command.split())
    assert finished.status in (0, 1)
    assert len(finished.said) == finished.status
    if finished.status == 0:
        assert "dtx" in command or mido.MidiFile("song/notes.mid").tracks


@pytest.mark.parametrize("content", [*BAD_MIDI.values()], ids=BAD_MIDI)
def test_a_bad_midi_file_is_found_in_a_dataset(run, equipped, content, capfd):
    for path in (equipped / "data/set").rglob("*.midi"):
        path.write_bytes(content)
    finished = run("egmd", "verify", "--full", "--set", "data.dataset_dir=set")
    assert finished.status == 1
    assert finished.said == []
    assert finished.touched == []


# Shards


def _damaged(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with h5py.File(path, "a") as file:
            change(file)

    return damage


def _replace(name: str, value: object) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=value)

    return _damaged(change)


BAD_SHARDS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("log-mel"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:4000]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "bytes changed": lambda path: path.write_bytes(path.read_bytes()[:2000] + b"\xff" * 3000),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "no header": _damaged(lambda file: file.attrs.pop("header")),
    "deep header": _damaged(lambda file: file.attrs.update(header="[" * 50_000)),
    "header is a number": _damaged(lambda file: file.attrs.update(header=7)),
    "header is a list": _damaged(lambda file: file.attrs.update(header="[]")),
    "deep index": _replace("index", "[" * 50_000),
    "index is a list": _replace("index", "[1, 2]"),
    "index of other keys": _replace("index", '{"recordings": [{"a": 1}], "skipped": []}'),
    "index of text": _replace("index", '{"recordings": "abc", "skipped": []}'),
    "no features": _damaged(lambda file: file.pop("log_mel")),
    "features are text": _replace("log_mel", "loud"),
    "features of another size": _replace("log_mel", np.zeros((900, 3), np.float16)),
    "features are a group": _damaged(lambda f: (f.pop("log_mel"), f.create_group("log_mel"))),
    "events are numbers": _replace("events", np.zeros(9)),
    "events are nothing": _replace("events", h5py.Empty("f8")),
    "events of no drum": _replace(
        "events",
        np.array([(0.5, 99, 90)], [("onset_s", "f8"), ("drum", "u1"), ("velocity", "u1")]),
    ),
    "beats are numbers": _replace("beats", np.zeros(9)),
}

SHARD_READERS = (
    "evaluate --set data.processed_dir=store -c model.onnx",
    "tune --split test --set data.processed_dir=store -c model.onnx -o tuned.onnx",
)
TRAIN = (
    "train --set data.processed_dir=store --set training.n_workers=0 --set features.n_mels=8 "
    "--set training.epochs=1 --set model.gru_units=2 --set model.gru_layers=1 "
    "--set model.conv_channels=[2] --set model.frequency_pools=[2] --set training.window_s=1 "
    "--set training.accelerator=cpu"
)


@pytest.mark.parametrize("damage", BAD_SHARDS.values(), ids=BAD_SHARDS)
@pytest.mark.parametrize("command", SHARD_READERS, ids=["evaluate", "tune"])
def test_a_bad_shard_is_refused(refuses, equipped, command, damage):
    damage(equipped / "data/store/test/shard-00000.h5")
    refuses(*command.split(), told="shard-00000.h5")


@pytest.mark.slow
@pytest.mark.parametrize("damage", BAD_SHARDS.values(), ids=BAD_SHARDS)
def test_no_model_is_trained_on_a_bad_shard(run, equipped, damage):
    for split in ("train", "val"):
        damage(equipped / f"data/store/{split}/shard-00000.h5")
    finished = run(*TRAIN.split())
    assert finished.status == 1, finished
    [line] = finished.said
    assert "shard-00000.h5" in line
    assert not [name for name in finished.touched if name.endswith(".ckpt")]


# Settings

BAD_CONFIGS: dict[str, bytes] = {
    "text": b"kick snare",
    "list": b"- 1\n- 2\n",
    "binary": bytes(range(256)),
    "open": b"data: {root: [",
    "unknown": b"training: {speed: 3}",
    "a number as a section": b"training: 3",
    "impossible date": b"training: {run_name: 2001-99-99}",
    "impossible date and time": b"training: {run_name: 2001-01-01 99:99:99}",
    "no digits": b"training: {epochs: 0b_}",
    "no digits of 16": b"training: {epochs: 0x_}",
    "many digits": b"training: {epochs: " + 9999 * b"9" + b"}",
    "base 60": b"training: {epochs: 1:99999999999999999999}",
    "deep": b"data: " + b"[" * 1000,  # past what may be nested; the scanner is slow at more
    "deep mapping": b"".join(b" " * i + b"a:\n" for i in range(2000)),
    "code": b"data: !!python/object/apply:os.system ['touch sprung']",
    "itself": b"data: &a {root: *a}",
    "a key of a list": b"? [1, 2]\n: 3\n",
    "a hundred million laughs": b"a: &a [x]\n"
    + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (i + 1, i + 1, i, i, i) for i in range(97, 110)),
    "laughs in a value": b"training:\n  epochs:\n  - &a [x, x]\n"
    + b"".join(b"  - &%c [%s]\n" % (i + 1, b",".join(9 * [b"*%c" % i])) for i in range(97, 110)),
    "a tag": b"data: !!set {root}",
    "two documents": b"data: {}\n---\ndata: {}\n",
}
CONFIG_READERS = (
    "transcribe a.wav",
    "chart a.wav",
    "live --file a.wav",
    "doctor",
    "egmd download",
    "preprocess",
    "train",
    "evaluate",
    "tune -o a.onnx",
    "export model.onnx a.onnx",
    "info model.onnx",
    "render --midi . --kits .",
    "egmd verify",
    "studio --no-browser --port 0",
)


@pytest.mark.parametrize(
    ("command", "content"),
    [(CONFIG_READERS[0], content) for content in BAD_CONFIGS.values()]
    + [(command, BAD_CONFIGS["impossible date"]) for command in CONFIG_READERS[1:]],
)
def test_bad_settings_are_refused(refuses, equipped, command, content):
    Path("bad.yaml").write_bytes(content)
    refuses(*command.split(), "--config", "bad.yaml", told="bad.yaml")
    assert not Path("sprung").exists()


@pytest.mark.parametrize(
    "option",
    ["training.epochs=2001-99-99", "a", "=", "a.b.c=1", "data=[", f"data.root={'[' * 5000}"],
)
def test_a_bad_setting_on_the_command_line_is_refused(refuses, equipped, option):
    refuses("transcribe", "a.wav", "--set", option, told="--set")


@pytest.mark.parametrize("content", BAD_CONFIGS.values(), ids=BAD_CONFIGS)
def test_a_bad_note_table_is_refused(refuses, equipped, content):
    Path("bad.yaml").write_bytes(content)
    refuses("transcribe", "a.wav", "--midi-notes", "bad.yaml", told="bad.yaml")


# Kits and SoundFonts

BAD_KITS: dict[str, bytes] = {
    "empty": b"",
    "text": b"kick",
    "binary": bytes(range(256)),
    "deep": b"[" * 100_000,
    "a number": b"7",
    "a mapping": b'{"id": "a"}',
    "no notes": b'[{"id": "a", "kind": "acoustic"}]',
    "notes are a list": b'[{"id": "a", "kind": "acoustic", "notes": [1]}]',
    "no velocities": b'[{"id": "a", "kind": "b", "notes": {"36": [{"velocity": [],'
    b' "files": [1]}]}}]',
    "infinite velocity": b'[{"id": "a", "kind": "b", "notes": {"36": [{"velocity": [Infinity, 1],'
    b' "files": ["a"]}]}}]',
    "long number": b'[{"id": "a", "kind": "b", "notes": {"36": [{"velocity": [' + 9999 * b"9" + b","
    b' 1], "files": ["a"]}]}}]',
}


@pytest.mark.parametrize("content", BAD_KITS.values(), ids=BAD_KITS)
@pytest.mark.parametrize("layout", [(), ("--layout", "made")], ids=["store", "layout"])
def test_a_bad_kit_index_is_refused(refuses, equipped, content, layout):
    Path("kits").mkdir()
    Path("kits/kits.json").write_bytes(content)
    refuses("render", "--midi", "data/set", "--kits", "kits", *layout, told="")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"text", bytes(5000), b"RIFF\xff\xff\xff\xffsfbk"])
def test_a_bad_soundfont_is_refused(refuses, equipped, content):
    Path("kit.sf2").write_bytes(content)
    refuses("render", "--midi", "data/set", "--kits", "kit.sf2", told="kit.sf2")
    command = ("render", "--midi", "data/set", "--kits", ".", "--soundfont", "kit.sf2")
    refuses(*command, told="kit.sf2")
