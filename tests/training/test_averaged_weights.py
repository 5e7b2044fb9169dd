"""Checkpoints hold the average of the weights: what it is, and who reads it."""

import re

import pytest
import torch
import yaml

from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess
from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.models.checkpoint import load_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = [
    "data.processed_dir=processed",
    "preprocessing.shard_hours=0.005",
    "preprocessing.n_workers=1",
    "model.conv_channels=[4]",
    "model.frequency_pools=[32]",
    "model.gru_units=4",
    "model.gru_layers=1",
    "training.epochs=2",
    "training.batch_size=2",
    "training.window_s=1.0",
    "training.n_workers=0",
    "training.accelerator=cpu",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A data root with a store; every test names a run of its own."""
    root = tmp_path_factory.mktemp("data")
    config = load_config(None, [*SETTINGS, f"data.root={root}"])
    write_dataset(config.data.dataset_path, SynthConfig(n_recordings=6, n_kits=2, duration_s=8.0))
    preprocess(config)
    return root


@pytest.fixture
def config_of(root, request):
    """The settings of a run named after the test."""
    name = "training.run_name=" + re.sub(r"[^\w.]", "-", request.node.name)
    return lambda *settings: load_config(None, [*SETTINGS, f"data.root={root}", name, *settings])


@pytest.fixture
def fit():
    """Imported late: Lightning takes seconds."""
    from drumscribe.training.fit import fit

    return fit


@pytest.fixture
def steps(monkeypatch):
    """The network's weights and statistics after each step, copied while training."""
    from drumscribe.training.lit_module import DrumLitModule

    seen = []

    def note(self, *arguments):
        seen.append({name: value.clone() for name, value in self.state_dict().items()})

    monkeypatch.setattr(DrumLitModule, "on_train_batch_end", note)
    return seen


def averaged(steps, decay):
    """The average from its definition, in double precision."""
    average = {name: value.double() for name, value in steps[0].items()}
    for n_averaged, step in enumerate(steps[1:], start=1):
        kept = min(decay, (1 + n_averaged) / (10 + n_averaged))
        average = {
            name: kept * before + (1 - kept) * step[name] for name, before in average.items()
        }
    return average


def contents_of(result, name):
    return torch.load(result.best_path.with_name(name), weights_only=True)


def is_counter(name):
    """A count of batches, which is of no use where BatchNorm has a momentum."""
    return name.endswith("num_batches_tracked")


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_a_checkpoint_holds_the_average_and_beside_it_the_last_weights(
    config_of, fit, steps, decay
):
    result = fit(config_of(f"training.ema_decay={decay}"))
    contents = contents_of(result, "last.ckpt")
    expected = averaged(steps, decay)
    assert len(steps) == contents["global_step"] > 10
    for name, value in contents["state_dict"].items():
        if not is_counter(name):
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-5)
        assert torch.equal(contents["current_model_state"][name], steps[-1][name])


@pytest.mark.parametrize("name", ["best_model.ckpt", "last.ckpt"])
def test_a_model_for_transcription_has_the_average(config_of, fit, name):
    result = fit(config_of())
    weights = contents_of(result, name)["state_dict"]
    network = load_checkpoint(result.best_path.with_name(name), device="cpu").network
    for key, value in network.state_dict().items():
        assert torch.equal(value, weights[f"model.{key}"])


def test_another_run_starts_from_the_average(config_of, fit, monkeypatch):
    from drumscribe.training.lit_module import DrumLitModule

    result = fit(config_of("training.run_name=first"))
    began = {}

    def note(self):
        began.update({name: value.clone() for name, value in self.state_dict().items()})

    monkeypatch.setattr(DrumLitModule, "on_train_start", note)
    fit(config_of("training.run_name=second", f"training.initial_checkpoint={result.best_path}"))
    for name, value in contents_of(result, "best_model.ckpt")["state_dict"].items():
        assert torch.equal(began[name], value)


def test_without_a_decay_the_last_weights_are_saved_alone(config_of, fit, steps):
    contents = contents_of(fit(config_of("training.ema_decay=0")), "last.ckpt")
    assert "current_model_state" not in contents
    for name, value in contents["state_dict"].items():
        assert torch.equal(value, steps[-1][name])


def test_a_run_begun_before_there_was_an_average_goes_on_with_one(config_of, fit, steps):
    config = config_of("training.ema_decay=0")
    fit(config)
    written = config.data.checkpoints_path / config.training.run_name / "config.yaml"
    settings = yaml.safe_load(written.read_text())
    del settings["training"]["ema_decay"]
    written.write_text(yaml.safe_dump(settings))
    n_before = len(steps)
    contents = contents_of(fit(config_of("training.epochs=3"), resume=True), "last.ckpt")
    expected = averaged(steps[n_before:], 0.999)
    for name, value in contents["state_dict"].items():
        if not is_counter(name):
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-5)
