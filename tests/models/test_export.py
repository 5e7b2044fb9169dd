"""An exported model says what the checkpoint says, in a file that needs no torch."""

import dataclasses
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from drumscribe.config import FeatureConfig, ModelConfig, PeakPickingConfig
from drumscribe.drums import LANES8
from drumscribe.models import export
from drumscribe.models.calibration import Calibration
from drumscribe.models.checkpoint import STATE_PREFIX, load_checkpoint
from drumscribe.models.crnn import DrumCRNN
from drumscribe.models.export import HALF_TOLERANCE, TOLERANCE, export_onnx
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import HEADER_KEY, ModelHeader
from drumscribe.models.load import load_model
from drumscribe.models.onnx_model import OnnxFrameModel, load_onnx
from drumscribe.models.rewrite_header import write_with_header
from drumscribe.utils.errors import DrumscribeError


def save_checkpoint(path: Path, **changes: Any) -> Path:
    """A small model with weights that give activations of every size."""
    sizes = {"conv_channels": (4, 6), "frequency_pools": (2, 2), "gru_units": 5, "gru_layers": 2}
    config = ModelConfig(**(sizes | changes))
    torch.manual_seed(2)
    model = DrumCRNN(config, n_mels=16, n_classes=len(LANES8))
    with torch.no_grad():
        model.onset_head.weight.mul_(20)
    model(torch.rand(4, 30, 16))  # gives batch norm statistics that must be kept
    thresholds = {name: 0.1 * (index + 1) for index, name in enumerate(LANES8.names)}
    header = ModelHeader(
        LANES8,
        FeatureConfig(n_mels=16),
        config,
        thresholds,
        {"epoch": 7},
        PeakPickingConfig(min_gap_s=0.05),
        dict.fromkeys(LANES8.names, Calibration(1.5, -0.5)),
    )
    weights = {STATE_PREFIX + name: value for name, value in model.state_dict().items()}
    torch.save({"state_dict": weights, HEADER_KEY: header.to_dict()}, path)
    return path


def resident_bytes() -> int:
    """Memory of this process."""
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("the system does not tell")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A checkpoint and its export."""
    folder = tmp_path_factory.mktemp("models")
    checkpoint = save_checkpoint(folder / "model.ckpt")
    export_onnx(checkpoint, folder / "model.onnx")
    return checkpoint, folder / "model.onnx"


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (2, 37), (5, 999)])
def test_both_give_the_same_activations_for_any_batch_and_length(pair, shape):
    log_mel = np.random.default_rng(3).random((*shape, 16), dtype=np.float32)
    wanted, found = (load_model(path)(log_mel) for path in pair)
    for ours, theirs in (
        (wanted.onset, found.onset),
        (wanted.velocity, found.velocity),
        (wanted.beat, found.beat),
    ):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < TOLERANCE
    assert np.ptp(found.onset) > 0.1  # the comparison was not of constants


@pytest.mark.parametrize("changes", [{}, {"lookahead_frames": 2}])
def test_half_precision_is_half_the_size_and_says_nearly_the_same(tmp_path: Path, changes):
    checkpoint = save_checkpoint(tmp_path / "model.ckpt", gru_units=40, **changes)
    whole, half = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    export_onnx(checkpoint, whole)
    export_onnx(checkpoint, half, half=True)
    assert half.stat().st_size < 0.65 * whole.stat().st_size
    log_mel = np.random.default_rng(3).random((2, 300, 16), dtype=np.float32)
    wanted, found = load_onnx(whole)(log_mel), load_onnx(half)(log_mel)
    assert 0 < np.abs(wanted.onset - found.onset).max() < HALF_TOLERANCE
    assert load_onnx(half).header == load_onnx(whole).header


def test_the_header_travels_with_the_weights(pair):
    checkpoint, exported = pair
    assert load_onnx(exported).header == load_checkpoint(checkpoint).header


@pytest.mark.parametrize("n_ahead", [0, 2])
def test_a_causal_export_says_the_same_at_once_and_in_pieces(tmp_path, n_ahead):
    checkpoint = save_checkpoint(tmp_path / "m.ckpt", lookahead_frames=n_ahead)
    export_onnx(checkpoint, tmp_path / "m.onnx")
    model = load_onnx(tmp_path / "m.onnx")
    log_mel = np.random.default_rng(5).random((2, 40, 16), dtype=np.float32)
    wanted = load_checkpoint(checkpoint)(log_mel).onset
    assert np.ptp(wanted) > 0.1
    assert np.abs(model(log_mel).onset - wanted).max() < TOLERANCE
    heard = np.pad(log_mel, ((0, 0), (4 - n_ahead, n_ahead), (0, 0)))
    state, pieces = model.initial_state(2), []
    for first, end in ((0, 1), (1, 2), (2, 17), (17, 40)):
        said, state = model.step(heard[:, first : end + 4], state)
        pieces.append(said.onset)
    assert np.abs(np.concatenate(pieces, axis=1) - wanted).max() < TOLERANCE


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (["CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (["AzureExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (["CoreMLExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (
            ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
            ["CUDAExecutionProvider", "CPUExecutionProvider"],
        ),
    ],
)
def test_a_gpu_is_used_where_onnxruntime_has_it(pair, monkeypatch, available, expected):
    import onnxruntime

    real, asked = onnxruntime.InferenceSession, []

    def session(contents, options, providers):
        asked.extend(providers)
        return real(contents, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    load_onnx(pair[1])
    assert asked == expected


@pytest.mark.parametrize(("given", "is_on_gpu"), [(["CPU"], False), (["CUDA", "CPU"], True)])
def test_a_model_is_on_the_gpu_that_its_session_was_given(pair, monkeypatch, given, is_on_gpu):
    """Not on what the build of onnxruntime could use: that may be hidden, or lack libraries."""
    import onnxruntime

    model = load_onnx(pair[1])
    everything = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    session = SimpleNamespace(
        get_providers=lambda: [f"{name}ExecutionProvider" for name in given], get_outputs=list
    )
    assert OnnxFrameModel(session, model.header).is_on_gpu == is_on_gpu


@pytest.mark.parametrize(("n_cores", "n_at_once"), [(1, 1), (2, 2), (3, 2), (16, 2)])
def test_without_a_setting_there_is_a_thread_for_each_core_of_ours(
    pair, monkeypatch, n_cores, n_at_once
):
    import onnxruntime

    real, n_threads = onnxruntime.InferenceSession, []

    def session(contents, options, providers):
        n_threads.append(options.intra_op_num_threads)
        return real(contents, options, providers=providers)

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("drumscribe.models.onnx_model.n_usable_cores", lambda: n_cores)
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    model = load_onnx(pair[1])
    assert model.n_at_once == n_at_once
    n_beside_callers = n_threads[0] - 1
    assert model.n_at_once + n_beside_callers == n_cores


def test_memory_that_was_given_back_is_taken_anew(pair):
    model = load_onnx(pair[1])
    log_mel = np.random.default_rng(3).random((1, 60_000, 16), np.float32)
    before = model(log_mel)
    n_kept = resident_bytes()
    model.free_memory()
    assert resident_bytes() < n_kept - 10e6
    np.testing.assert_array_equal(model(log_mel).onset, before.onset)


def test_threads_that_call_it_at_once_get_what_one_gets(pair):
    model = load_onnx(pair[1])
    inputs = np.random.default_rng(3).random((12, 1, 80, 16), np.float32)
    with ThreadPoolExecutor(3) as pool:
        for ours, expected in zip(pool.map(model, inputs), map(model, inputs), strict=True):
            np.testing.assert_array_equal(ours.onset, expected.onset)
            np.testing.assert_array_equal(ours.beat, expected.beat)


@pytest.mark.parametrize("setting", ["4,2", " 1 ", "", "many", "-1"])
def test_any_setting_of_openmp_is_understood(pair, monkeypatch, setting):
    monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert load_onnx(pair[1]).header.features.n_mels == 16


def test_heads_that_a_model_lacks_are_absent_from_its_export(tmp_path):
    checkpoint = save_checkpoint(tmp_path / "m.ckpt", velocity_head=False, beat_head=False)
    export_onnx(checkpoint, tmp_path / "m.onnx")
    said = load_onnx(tmp_path / "m.onnx")(np.zeros((1, 9, 16), np.float32))
    assert said.velocity is None
    assert said.beat is None


class Spoilt:
    """A model read back from an export, some of whose activations are other ones."""

    def __init__(self, model: OnnxFrameModel, **heads: Any) -> None:
        self._model, self._heads = model, heads

    def __call__(self, log_mel: np.ndarray) -> Activations:
        said = self._model(log_mel)
        changed = {name: change(getattr(said, name)) for name, change in self._heads.items()}
        return dataclasses.replace(said, **changed)


@pytest.mark.parametrize("head", ["onset", "velocity", "beat"])
@pytest.mark.parametrize(
    "change",
    [
        lambda said: said + np.float32(2 * TOLERANCE),
        lambda said: said * np.float32(np.nan),
        lambda said: None,
    ],
    ids=["other", "not a number", "absent"],
)
def test_an_export_that_says_something_else_is_refused(pair, tmp_path, monkeypatch, head, change):
    # What was written before: tracing the network is slow, and what is refused is the same.
    monkeypatch.setattr(export, "_write", lambda model, path, half: shutil.copy(pair[1], path))
    monkeypatch.setattr(export, "load_onnx", lambda path: Spoilt(load_onnx(path), **{head: change}))
    with pytest.raises(DrumscribeError, match="differs from the checkpoint"):
        export_onnx(pair[0], tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_weights_that_halves_do_not_hold_are_refused_with_the_remedy(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_FEWEST_HALVED", 1)
    monkeypatch.setattr(export, "HALF_TOLERANCE", 1e-9)
    with pytest.raises(DrumscribeError, match=r"differs from the checkpoint .*; leave out --half"):
        export_onnx(pair[0], tmp_path / "m.onnx", half=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("head", ["velocity_head", "beat_head"])
def test_a_file_without_a_head_that_its_header_tells_of_is_refused(tmp_path, head):
    export_onnx(save_checkpoint(tmp_path / "m.ckpt", **{head: False}), tmp_path / "m.onnx")
    header = load_onnx(tmp_path / "m.onnx").header
    model = dataclasses.replace(header.model, **{head: True})
    write_with_header(
        tmp_path / "m.onnx", tmp_path / "n.onnx", dataclasses.replace(header, model=model)
    )
    with pytest.raises(DrumscribeError, match="does not give the activations"):
        load_onnx(tmp_path / "n.onnx")


def test_a_file_with_a_head_that_its_header_does_not_tell_of_is_refused(pair, tmp_path):
    header = load_onnx(pair[1]).header
    model = dataclasses.replace(header.model, beat_head=False)
    write_with_header(pair[1], tmp_path / "n.onnx", dataclasses.replace(header, model=model))
    with pytest.raises(DrumscribeError, match="does not give the activations"):
        load_onnx(tmp_path / "n.onnx")


def test_an_export_is_run_without_torch(pair):
    _, exported = pair
    program = (
        "import sys; from pathlib import Path; from drumscribe.models.load import load_model; "
        f"load_model(Path({str(exported)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_failed_export_leaves_nothing(tmp_path):
    (tmp_path / "m.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(DrumscribeError, match=r"m\.ckpt"):
        export_onnx(tmp_path / "m.ckpt", tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.ckpt"]


@pytest.mark.parametrize("damage", ["garbage", "cut", "foreign", "absent"])
def test_a_file_that_is_no_model_is_refused_in_one_line(pair, tmp_path, damage):
    path = tmp_path / "m.onnx"
    contents = pair[1].read_bytes()
    if damage == "garbage":
        path.write_bytes(b"not a model")
    elif damage == "cut":
        path.write_bytes(contents[: len(contents) // 2])
    elif damage == "foreign":
        path.write_bytes(contents.replace(b"drumscribe_header", b"somebody_s_header"))
    with pytest.raises(DrumscribeError, match=r"m\.onnx") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [0, 1], ids=["ckpt", "onnx"])
def test_thresholds_can_be_replaced_and_nothing_else_changes(pair, tmp_path, kind):
    source = pair[kind]
    target = tmp_path / f"tuned{source.suffix}"
    thresholds = dict.fromkeys(LANES8.names, 0.25)
    before = load_model(source)
    header = dataclasses.replace(before.header, thresholds=thresholds)
    write_with_header(source, target, header)
    after = load_model(target)
    assert after.header == header
    log_mel = np.random.default_rng(4).random((1, 50, 16), dtype=np.float32)
    assert np.array_equal(before(log_mel).onset, after(log_mel).onset)
    assert isinstance(after, OnnxFrameModel) == (source.suffix == ".onnx")
