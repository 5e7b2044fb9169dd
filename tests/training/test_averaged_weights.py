"""Checkpoints hold the average of the weights: what it is, and who reads it."""

import pytest
import torch
import yaml

from drumscribe.models.checkpoint import load_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


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
    tiny_config, fit, steps, decay
):
    result = fit(tiny_config(f"training.ema_decay={decay}"))
    contents = contents_of(result, "last.ckpt")
    expected = averaged(steps, decay)
    assert len(steps) == contents["global_step"] > 10
    for name, value in contents["state_dict"].items():
        if not is_counter(name):
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-5)
        assert torch.equal(contents["current_model_state"][name], steps[-1][name])


@pytest.mark.parametrize("name", ["best_model.ckpt", "last.ckpt"])
def test_a_model_for_transcription_has_the_average(tiny_config, fit, name):
    result = fit(tiny_config())
    weights = contents_of(result, name)["state_dict"]
    network = load_checkpoint(result.best_path.with_name(name), device="cpu").network
    for key, value in network.state_dict().items():
        assert torch.equal(value, weights[f"model.{key}"])


def test_another_run_starts_from_the_average(tiny_config, fit, monkeypatch):
    from drumscribe.training.lit_module import DrumLitModule

    result = fit(tiny_config("training.run_name=first"))
    began = {}

    def note(self):
        began.update({name: value.clone() for name, value in self.state_dict().items()})

    monkeypatch.setattr(DrumLitModule, "on_train_start", note)
    fit(tiny_config("training.run_name=second", f"training.initial_checkpoint={result.best_path}"))
    for name, value in contents_of(result, "best_model.ckpt")["state_dict"].items():
        assert torch.equal(began[name], value)


def test_without_a_decay_the_last_weights_are_saved_alone(tiny_config, fit, steps):
    contents = contents_of(fit(tiny_config("training.ema_decay=0")), "last.ckpt")
    assert "current_model_state" not in contents
    for name, value in contents["state_dict"].items():
        assert torch.equal(value, steps[-1][name])


def test_a_run_begun_before_there_was_an_average_goes_on_with_one(tiny_config, fit, steps):
    config = tiny_config("training.ema_decay=0")
    fit(config)
    written = config.data.checkpoints_path / config.training.run_name / "config.yaml"
    settings = yaml.safe_load(written.read_text())
    del settings["training"]["ema_decay"]
    written.write_text(yaml.safe_dump(settings))
    n_before = len(steps)
    contents = contents_of(fit(tiny_config("training.epochs=3"), resume=True), "last.ckpt")
    expected = averaged(steps[n_before:], 0.999)
    for name, value in contents["state_dict"].items():
        if not is_counter(name):
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-5)
