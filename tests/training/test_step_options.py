"""Steps of several batches, and compiled ones: they are counted, resumed and saved like others."""

import functools
import itertools
import math

import pytest
import torch

from drumscribe.utils.errors import DrumscribeError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class KilledError(BaseException):
    """Stands for a power cut."""


def last_of(result):
    return torch.load(result.best_path.with_name("last.ckpt"), weights_only=True)


def assert_same_weights(found, expected):
    for state in ("state_dict", "current_model_state"):
        assert found[state].keys() == expected[state].keys()
        for name, value in expected[state].items():
            assert torch.equal(found[state][name], value), (state, name)


def test_a_step_is_made_of_several_batches_and_the_schedule_counts_steps(tiny_config, fit, steps):
    config = tiny_config("training.accumulate_batches=4")
    contents = last_of(fit(config))
    n_batches = len(steps)
    assert contents["global_step"] == 2 * math.ceil(n_batches / 2 / 4) < n_batches / 3
    (schedule,) = contents["lr_schedulers"]
    lowest = 0.01 * config.training.learning_rate
    assert schedule["_last_lr"] == pytest.approx([lowest], rel=1e-6)
    changes = [
        any(not torch.equal(a[name], b[name]) for name in a if name.endswith("weight"))
        for a, b in itertools.pairwise(steps)
    ]
    assert changes[:8] == [False, False, True, False, False, False, True, False]


def test_a_run_killed_amid_an_epoch_goes_on_with_the_gradients_of_whole_steps(
    tiny_config, fit, monkeypatch
):
    from drumscribe.training.callbacks import ResumePoint

    save = ResumePoint._save
    saves = []

    def save_and_die(self, trainer):
        save(self, trainer)
        saves.append(trainer.fit_loop.epoch_loop.batch_progress.current.ready)
        if len(saves) == 2:
            raise KilledError

    settings = ("training.accumulate_batches=3", "training.checkpoint_minutes=0.00001")
    undisturbed = fit(tiny_config(*settings))
    killed = tiny_config(*settings, "training.run_name=killed_amid_steps")
    with monkeypatch.context() as patch:
        patch.setattr(ResumePoint, "_save", save_and_die)
        with pytest.raises(KilledError):
            fit(killed)
    assert saves == [3, 6]
    assert_same_weights(last_of(fit(killed, resume=True)), last_of(undisturbed))


def test_a_compiled_run_saves_the_same_weights_under_the_same_names(tiny_config, fit, monkeypatch):
    expected = last_of(fit(tiny_config()))
    compiled = []

    def compile_eagerly(function):
        compiled.append(function)
        return functools.partial(torch_compile, backend="eager")(function)

    torch_compile = torch.compile
    monkeypatch.setattr(torch, "compile", compile_eagerly)
    found = last_of(fit(tiny_config("training.run_name=compiled", "training.compile=true")))
    assert len(compiled) == 2  # a trial, and the network
    assert_same_weights(found, expected)


def test_a_machine_without_a_compiler_is_told_so(tiny_config, fit, monkeypatch):
    def no_compiler(values):
        raise RuntimeError("No working C++ compiler found\nand a long story")

    monkeypatch.setattr(torch, "compile", lambda function: no_compiler)
    with pytest.raises(DrumscribeError, match=r"training\.compile.*No working C") as caught:
        fit(tiny_config("training.compile=true"))
    assert "long story" not in str(caught.value)
    assert "training.compile=false" in str(caught.value)
