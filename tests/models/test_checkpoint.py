"""Checkpoints: weights come back with their meaning, and no other file is believed or run."""

import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from drumscribe.config import FeatureConfig, ModelConfig
from drumscribe.drums import LANES8
from drumscribe.models.checkpoint import STATE_PREFIX, TorchFrameModel, load_checkpoint
from drumscribe.models.crnn import DrumCRNN, activations
from drumscribe.models.header import HEADER_KEY, ModelHeader
from drumscribe.timing import CLOCK
from drumscribe.utils.errors import DrumscribeError

CONFIG = ModelConfig(conv_channels=(3,), frequency_pools=(2,), gru_units=4, gru_layers=1)
HEADER = ModelHeader(
    LANES8, FeatureConfig(n_mels=8), CONFIG, dict.fromkeys(LANES8.names, 0.4), {"epoch": 3}
)


@pytest.fixture
def network():
    torch.manual_seed(1)
    model = DrumCRNN(CONFIG, n_mels=8, n_classes=8)
    model(torch.rand(4, 20, 8))  # gives batch norm statistics that must be kept
    return model.eval()


@pytest.fixture
def contents(network):
    weights = {STATE_PREFIX + name: value for name, value in network.state_dict().items()}
    return {
        "state_dict": weights,
        HEADER_KEY: HEADER.to_dict(),
        "optimizer_states": [{"step": 5}],
        "epoch": 3,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "best_model.ckpt"


def assert_refused(path, match):
    with pytest.raises(DrumscribeError, match=match) as caught:
        load_checkpoint(path, "cpu")
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "loss."])
def test_a_loaded_model_gives_what_the_saved_one_gave(path, network, contents, prefix):
    if prefix:  # what a training module may hold beside the network
        contents["state_dict"][prefix + "positive_weight"] = torch.ones(8)
    torch.save(contents, path)
    model = load_checkpoint(path, "cpu")
    assert model.header == HEADER
    log_mel = np.random.default_rng(0).random((2, 30, 8), np.float32)
    found = model(log_mel)
    with torch.inference_mode():
        expected = activations(network(torch.from_numpy(log_mel)))
    np.testing.assert_array_equal(found.onset, expected["onset"].numpy())
    np.testing.assert_array_equal(found.velocity, expected["velocity"].numpy())
    np.testing.assert_array_equal(found.beat, expected["beat"].numpy())
    assert found.onset.dtype == np.float32


def test_a_model_without_heads_gives_none_for_them(path):
    config = ModelConfig((3,), (2,), 4, 1, velocity_head=False, beat_head=False)
    model = DrumCRNN(config, n_mels=8, n_classes=8)
    header = ModelHeader(LANES8, FeatureConfig(n_mels=8), config, HEADER.thresholds)
    weights = {STATE_PREFIX + name: value for name, value in model.state_dict().items()}
    torch.save({"state_dict": weights, HEADER_KEY: header.to_dict()}, path)
    found = load_checkpoint(path, "cpu")(np.zeros((1, 5, 8), np.float32))
    assert found.velocity is None
    assert found.beat is None


def test_a_gpu_without_enough_memory_is_one_line(path, contents, monkeypatch):
    torch.save(contents, path)
    model = load_checkpoint(path, "cpu")

    def exhausted(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(model.network, "forward", exhausted)
    with pytest.raises(DrumscribeError, match="too little memory") as told:
        model(np.zeros((1, 10, model.header.features.n_mels), np.float32))
    assert "inference.chunk_s" in str(told.value)
    assert "CUDA_VISIBLE_DEVICES=" in str(told.value)
    assert "--" not in str(told.value), "no option that some of the commands do not have"


@pytest.mark.parametrize(
    ("device", "is_on_gpu"), [("cpu", False), ("cuda", True), ("cuda:0", True)]
)
def test_a_model_is_on_a_gpu_where_its_device_is_one(device, is_on_gpu):
    network = SimpleNamespace(to=lambda device: network)
    assert TorchFrameModel(network, HEADER, device).is_on_gpu == is_on_gpu


def test_an_absent_checkpoint_says_how_to_get_one(path):
    assert_refused(path, "no such checkpoint; train one with 'drumscribe train'")


def test_a_folder_is_refused(tmp_path):
    assert_refused(tmp_path, "is a folder")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(path, contents, share):
    torch.save(contents, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert_refused(path, "is not a readable checkpoint")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("start", [b"", b"\x80\x02", b"PK\x03\x04"])
def test_garbage_is_refused_whatever_it_is(path, start):
    rng = np.random.default_rng(5)
    for _ in range(100):
        path.write_bytes(start + rng.bytes(int(rng.integers(1, 100))))
        assert_refused(path, "is not a (readable|drumscribe) checkpoint")


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (Path(self.victim),)


def test_a_foreign_pickle_is_refused_and_its_code_does_not_run(path, contents, tmp_path):
    victim = tmp_path / "you have been hacked"
    hostile = contents | {"callbacks": Malicious(victim)}
    pickle.loads(pickle.dumps(hostile))  # shows that it is hostile
    assert victim.exists()
    victim.unlink()
    path.write_bytes(pickle.dumps(hostile, protocol=2))
    assert_refused(path, "is not a readable checkpoint")
    torch.save(hostile, path)
    assert_refused(path, "is not a readable checkpoint")
    assert not victim.exists()


@pytest.mark.parametrize(
    "foreign",
    [
        {"weight": torch.ones(3)},
        [1, 2, 3],
        torch.ones(3),
        {"state_dict": {"model.a": torch.ones(3)}},
        {HEADER_KEY: HEADER.to_dict()},
        {HEADER_KEY: HEADER.to_dict(), "state_dict": [1]},
        {HEADER_KEY: HEADER.to_dict(), "state_dict": {0: torch.ones(3)}},
    ],
)
def test_another_programs_weights_are_refused(path, foreign):
    torch.save(foreign, path)
    assert_refused(path, "is not a drumscribe checkpoint; give one written by 'drumscribe train'")


def test_another_clock_is_refused(path, contents):
    contents[HEADER_KEY]["clock"] = CLOCK | {"hop_length": 441}
    torch.save(contents, path)
    assert_refused(path, "another clock")


def test_another_kit_is_refused(path, contents):
    contents[HEADER_KEY]["classes"] = ["kick", "snare", "hihat", "toms", "cymbals"]
    torch.save(contents, path)
    assert_refused(path, "made for the classes kick, snare, hihat, toms, cymbals")


@pytest.mark.parametrize("header", [None, {}, "lanes8"])
def test_a_damaged_header_is_refused(path, contents, header):
    torch.save(contents | {HEADER_KEY: header}, path)
    assert_refused(path, "its header is damaged")


def test_a_header_of_impossible_sizes_is_refused(path, contents):
    contents[HEADER_KEY]["model"]["frequency_pools"] = [99]
    torch.save(contents, path)
    assert_refused(path, "leave none of 8 mel bands")


@pytest.mark.parametrize("damage", ["missing", "extra", "other shape", "no tensor"])
def test_weights_that_do_not_fit_the_header_are_refused(path, contents, damage):
    weights, name = contents["state_dict"], STATE_PREFIX + "onset_head.weight"
    if damage == "missing":
        del weights[name]
    elif damage == "extra":
        weights[STATE_PREFIX + "attention.weight"] = torch.ones(3)
    elif damage == "other shape":
        weights[name] = torch.ones(5, 8)
    else:
        weights[name] = "not a tensor"
    torch.save(contents, path)
    assert_refused(path, "its weights do not fit its own header; train it again")
