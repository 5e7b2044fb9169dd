"""Parsers meet bytes that nobody wrote on purpose.

``DRUMSCRIBE_FUZZ`` sets how many examples each test tries (default 25, so that the gate stays
quick); with it set, they are new ones every time. What was found stands as an example.
"""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bad_models import HEADER, good_checkpoint, graph_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drumscribe.charts.formats import write_format
from drumscribe.charts.midi import read_transcription_midi
from drumscribe.charts.note_maps import note_map
from drumscribe.config import load_config
from drumscribe.data.egmd import read_recordings, sample_recordings
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.data.egmd_verify import verify_egmd
from drumscribe.data.feature_store import Shard
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.render.performances import read_performances
from drumscribe.data.render.sample_kits import read_kits
from drumscribe.evaluation.references import store_references
from drumscribe.models.header import header_from_dict
from drumscribe.models.load import load_model
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import STORE_HEADER, write_random_shard

N_EXAMPLES = int(os.environ.get("DRUMSCRIBE_FUZZ", "25"))

fuzzed = settings(
    max_examples=N_EXAMPLES,
    derandomize="DRUMSCRIBE_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8), st.booleans()),
    min_size=1,
    max_size=6,
)
"""Where bytes are put, which, and whether between others or over them."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
"""What JSON and YAML can hold."""


def damaged(content: bytes, changes: list[tuple[float, bytes, bool]]) -> bytes:
    """``content`` with some bytes changed or added."""
    for place, new, is_added in changes:
        start = int(place * len(content))
        content = content[:start] + new + content[start + (0 if is_added else len(new)) :]
    return content


def one_line_or(read: Callable[[], object]) -> None:
    """Run ``read``; it may fail as a user is told of."""
    try:
        read()
    except DrumscribeError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 5000


@st.composite
def changed(draw: Any, whole: Any) -> Any:
    """``whole`` with one of its parts, however deep, replaced, renamed or left out."""
    whole = copy.deepcopy(whole)
    part = whole
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        if not keys:
            return draw(values)
        key = draw(st.sampled_from(keys))
        inner = part[key]
        if not isinstance(inner, dict | list) or draw(st.booleans()):
            break
        part = inner
    if isinstance(part, dict) and draw(st.booleans()):
        removed = part.pop(key)
        if draw(st.booleans()):
            part[draw(st.text(max_size=8))] = removed
    else:
        part[key] = draw(values)
    return whole


# MIDI


def midi_seed(path: Path) -> bytes:
    """A short song with a pick-up, a tempo change and a change of metre."""
    notes = [MidiNote(0.25 * i, 36 + i % 12, 1 + i) for i in range(24)]
    write_midi(path, notes, duration_s=6.5, bpm=133.0, metre=(7, 8))
    return path.read_bytes()


meta = st.tuples(
    st.sampled_from([0x51, 0x58, 0x59, 0x2F, 0x00, 0x54, 0x01, 0x7F]), st.binary(max_size=6)
).map(lambda pair: bytes([0xFF, pair[0], len(pair[1])]) + pair[1])
tempo = st.binary(min_size=3, max_size=3).map(lambda data: b"\xff\x51\x03" + data)
metre = st.tuples(st.integers(0, 255), st.integers(0, 255)).map(
    lambda pair: b"\xff\x58\x04" + bytes(pair) + b"\x18\x08"
)
note = st.tuples(st.sampled_from([0x99, 0x90, 0x89]), st.integers(0, 127), st.integers(0, 127)).map(
    bytes
)
delta = st.integers(0, 127).map(lambda n: bytes([n])) | st.tuples(
    st.integers(128, 255), st.integers(128, 255), st.integers(0, 127)
).map(bytes)
tracks = st.lists(
    st.lists(st.tuples(delta, note | tempo | metre | meta).map(b"".join), max_size=12).map(
        b"".join
    ),
    max_size=3,
)


def midi_of(parts: list[bytes], division: int) -> bytes:
    """A file of tracks."""
    head = b"MThd\0\0\0\6\0\1" + len(parts).to_bytes(2, "big") + division.to_bytes(2, "big")
    return head + b"".join(b"MTrk" + len(part).to_bytes(4, "big") + part for part in parts)


def chart(path: Path) -> None:
    """Read a file and write all that is made of it."""
    heard = read_transcription_midi(path)
    for name in ("mid", "csv", "json", "jams", "lanes", "musicxml", "tab"):
        write_format(heard, name, path.with_suffix(f".out.{name}"))


@pytest.mark.slow
@fuzzed
@given(changes=edits)
def test_changed_midi_files(tmp_path, changes):
    path = tmp_path / "a.mid"
    path.write_bytes(damaged(midi_seed(path), changes))
    one_line_or(lambda: chart(path))


@fuzzed
@given(parts=tracks, division=st.integers(0, 65535))
def test_made_up_midi_files(tmp_path, parts, division):
    path = tmp_path / "a.mid"
    path.write_bytes(midi_of(parts, division))
    one_line_or(lambda: chart(path))


# JSON and headers


@fuzzed
@given(header=changed(HEADER.to_dict()))
@example(header=HEADER.to_dict() | {"thresholds": dict.fromkeys(HEADER.thresholds, 10**400)})
def test_changed_model_headers(header):
    one_line_or(lambda: header_from_dict(header, source="a.onnx").to_dict())


@fuzzed
@given(header=changed(HEADER.to_dict()))
def test_models_with_changed_headers(tmp_path, header):
    graph_model(tmp_path / "a.onnx", header=json.dumps(header))
    one_line_or(lambda: load_model(tmp_path / "a.onnx"))


@pytest.mark.parametrize("write", [graph_model, good_checkpoint])
@fuzzed
@given(changes=edits)
@example(changes=[(0.5, b"\x80", False)])
def test_changed_models(tmp_path, write, changes):
    path = tmp_path / f"a{'.onnx' if write is graph_model else '.ckpt'}"
    write(path)
    path.write_bytes(damaged(path.read_bytes(), changes))
    one_line_or(lambda: load_model(path))


KITS = [
    {
        "id": "a",
        "kind": "acoustic",
        "notes": {"36": [{"velocity": [1, 127], "files": ["a.wav"]}], "38": []},
    }
]


@fuzzed
@given(kits=changed(KITS))
def test_changed_kit_indices(tmp_path, kits):
    (tmp_path / "kits.json").write_text(json.dumps(kits))
    one_line_or(lambda: [kit.n_sounds for kit in read_kits(tmp_path)])


@fuzzed
@given(changes=edits)
def test_damaged_kit_indices(tmp_path, changes):
    (tmp_path / "kits.json").write_bytes(damaged(json.dumps(KITS).encode(), changes))
    one_line_or(lambda: read_kits(tmp_path))


# YAML

CONFIG = load_config().to_dict()


@fuzzed
@given(config=changed(CONFIG))
@example(config={"data": {"root": "~nobody-of-this-name"}})
@example(config={"data": {"root": "a\0b"}})
@example(config={"\n": {}})
def test_changed_settings(tmp_path, config):
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(config), "utf-8")
    one_line_or(lambda: load_config(path).data.processed_path)


@fuzzed
@given(changes=edits)
def test_damaged_settings(tmp_path, changes):
    path = tmp_path / "a.yaml"
    path.write_bytes(damaged(yaml.safe_dump(CONFIG, sort_keys=False).encode(), changes))
    one_line_or(lambda: load_config(path))


@fuzzed
@example(text="2001-99-99")
@example(text="0b_")
@given(text=st.text("abc019:-_.[]{}&*!?#|>@`'\"\n \t\\%,~=eExob+", max_size=40))
def test_made_up_yaml(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text, "utf-8")
    one_line_or(lambda: load_config(path))
    one_line_or(lambda: load_config(None, [f"training.epochs={text}"]))
    one_line_or(lambda: note_map(str(path)))


# Tables


def row_of(index: int) -> str:
    """A row of E-GMD's csv."""
    split = ("train", "validation", "test")[index % 3]
    return (
        f"drummer1,drummer1/s1,drummer1/s1/{index},rock,120,beat,4-4,3.5,{split},"
        f"a/{index}.midi,a/{index}.wav,Kit {index % 2}"
    )


TABLE = "\n".join([",".join(COLUMNS), *(row_of(index) for index in range(6))]) + "\n"


@fuzzed
@given(changes=edits, max_files=st.integers(1, 8))
def test_damaged_tables(tmp_path, changes, max_files):
    (tmp_path / CSV_NAME).write_bytes(damaged(TABLE.encode(), changes))
    one_line_or(lambda: sample_recordings(read_recordings(tmp_path).recordings, max_files))
    one_line_or(lambda: verify_egmd(tmp_path, full=True).lines())


@fuzzed
@given(changes=edits)
def test_damaged_lists_of_performances(tmp_path, changes):
    (tmp_path / "info.csv").write_bytes(damaged(TABLE.encode(), changes))
    one_line_or(lambda: [info.counts_per_minute for info in read_performances(tmp_path, "train")])


# Shards


@fuzzed
@given(changes=edits)
def test_damaged_shards(tmp_path, changes):
    path = tmp_path / "split" / "shard-00000.h5"
    if not (seed := tmp_path / "seed.h5").exists():
        write_random_shard(seed, [60, 40], seed=1, header=STORE_HEADER)
        path.parent.mkdir()
    path.write_bytes(damaged(seed.read_bytes(), changes))
    one_line_or(lambda: read_all(path))


def read_all(path: Path) -> None:
    """Everything that a shard holds."""
    for reference in store_references(path.parent, HEADER).recordings:
        list(reference.frames())
    shard = Shard(path)
    assert len(shard.skipped) >= 0
    shard.close()
