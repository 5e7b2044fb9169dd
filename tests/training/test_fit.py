"""A whole training run on a small synthetic set: what it leaves behind, and what it refuses."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import pytest
import torch
import yaml
from tiny_runs import start_training, tiny_config

from drumscribe.config import load_config
from drumscribe.evaluation.evaluate import evaluate
from drumscribe.evaluation.references import store_references
from drumscribe.evaluation.report import ALIGNED
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.checkpoint import load_checkpoint
from drumscribe.models.crnn import DrumCRNN
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.sole_writer import sole_writer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = [
    "model.conv_channels=[4,8]",
    "model.frequency_pools=[8,4]",
    "model.gru_units=16",
    "model.dropout=0.0",
    "training.run_name=run",
    "training.epochs=8",
    "training.window_s=2.0",
    "training.learning_rate=0.01",
]


def config_of(root, *settings):
    return tiny_config(root, *SETTINGS, *settings)


@pytest.fixture(scope="module")
def store(tiny_root, tmp_path_factory):
    """A data root with a store of six short recordings and no other runs; not to be changed."""
    root = tmp_path_factory.mktemp("data") / "root"
    shutil.copytree(tiny_root, root, ignore=shutil.ignore_patterns("checkpoints", "logs"))
    return root


@pytest.fixture(scope="module")
def trained(store):
    """The configuration of a finished run, and what ``fit`` said."""
    from drumscribe.training.fit import fit

    config = config_of(store)
    return config, fit(config)


@pytest.fixture
def root(store, tmp_path):
    """A data root with the same features and no runs."""
    shutil.copytree(store / "processed", tmp_path / "processed")
    return tmp_path


@pytest.fixture
def fit():
    """Imported late: Lightning takes seconds."""
    from drumscribe.training.fit import fit

    return fit


def run_dir(config):
    return config.data.checkpoints_path / config.training.run_name


def put_checkpoints(config):
    """An earlier run's files, which are to stay as they are."""
    run_dir(config).mkdir(parents=True, exist_ok=True)
    for name in ("best_model.ckpt", "last.ckpt", "config.yaml"):
        (run_dir(config) / name).write_text(f"kept {name}")


def assert_kept(config):
    for name in ("best_model.ckpt", "last.ckpt", "config.yaml"):
        assert (run_dir(config) / name).read_text() == f"kept {name}"


def scalars(log_dir, tag):
    """The values that TensorBoard shows under a tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(log_dir))
    events.Reload()
    return [event.value for event in events.Scalars(tag)]


def test_the_loss_falls(trained):
    config, _ = trained
    losses = scalars(config.data.logs_path / "run", "train/loss_epoch")
    assert len(losses) == config.training.epochs
    assert losses[-1] < 0.6 * losses[0]


def test_a_run_leaves_checkpoints_its_configuration_and_thresholds(trained):
    config, result = trained
    assert result.best_path == run_dir(config) / "best_model.ckpt"
    names = {path.name for path in run_dir(config).iterdir()}
    assert names == {"best_model.ckpt", "last.ckpt", "config.yaml", "thresholds.yaml"}
    assert load_config(run_dir(config) / "config.yaml") == config


def test_the_best_checkpoint_is_loaded_with_the_thresholds_written_beside_it(trained):
    config, result = trained
    header = load_checkpoint(result.best_path, device="cpu").header
    assert header.features == config.features
    assert header.model == config.model
    assert header.thresholds == yaml.safe_load((run_dir(config) / "thresholds.yaml").read_text())
    assert set(header.calibration) == set(header.kit.names)
    assert header.provenance["run_name"] == "run"


def test_the_score_is_that_of_evaluating_the_best_checkpoint(trained):
    config, result = trained
    model = load_checkpoint(result.best_path, device="cpu")
    transcriber = Transcriber(model, config.inference)
    report = evaluate(
        transcriber, store_references(config.data.processed_path / "val", model.header)
    )
    score = report.micro(ALIGNED, 0.05).f_measure
    assert score == pytest.approx(result.best_score, abs=1e-6)
    assert model.header.provenance["validation"]["val/onset_f1"] == round(result.best_score, 4)


@pytest.mark.parametrize("is_step", [True, False], ids=["step", "validation"])
def test_a_gpu_without_enough_memory_is_one_line_about_training(root, fit, monkeypatch, is_step):
    def exhausted(network, log_mel):
        if network.training == is_step:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(network, log_mel)

    forward = DrumCRNN.forward
    monkeypatch.setattr(DrumCRNN, "forward", exhausted)
    with pytest.raises(DrumscribeError, match="too little memory") as told:
        fit(config_of(root, "training.epochs=1"))
    assert "smaller training.batch_size" in str(told.value)
    assert "inference" not in str(told.value)


def test_the_best_epoch_is_the_one_that_is_kept(trained):
    config, result = trained
    scores = scalars(config.data.logs_path / "run", "val/onset_f1")
    assert max(scores) == pytest.approx(result.best_score)
    contents = torch.load(result.best_path, weights_only=True)
    assert scores[contents["epoch"]] == max(scores)


def weights_of(path, state="state_dict"):
    return torch.load(path, weights_only=True)[state]


def assert_same_weights(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_going_on_from_a_finished_run_that_was_moved_changes_nothing(trained, fit, tmp_path):
    config, result = trained
    for name in ("processed", "checkpoints"):
        shutil.copytree(config.data.root_path / name, tmp_path / name)
    again = fit(config_of(tmp_path), resume=True)
    assert again.best_path == tmp_path / "checkpoints" / "run" / "best_model.ckpt"
    assert again.best_score == result.best_score
    assert_same_weights(weights_of(again.best_path), weights_of(result.best_path))


class KilledError(BaseException):
    """Stands for a power cut."""


@pytest.mark.parametrize("n_epochs", [1, 5])
def test_a_run_killed_right_after_validation_goes_on_as_if_nothing_had_happened(
    trained, root, fit, monkeypatch, n_epochs
):
    from drumscribe.training.callbacks import ResumePoint

    save = ResumePoint._save

    def save_and_die(self, trainer):
        save(self, trainer)
        if trainer.current_epoch + 1 == n_epochs:
            raise KilledError

    _, undisturbed = trained
    config = config_of(root)
    with monkeypatch.context() as patch:
        patch.setattr(ResumePoint, "_save", save_and_die)
        with pytest.raises(KilledError):
            fit(config)
    resumed = fit(config, resume=True)
    assert resumed.best_score == undisturbed.best_score
    for name in ("best_model.ckpt", "last.ckpt"):
        for state in ("state_dict", "averaging_state", "current_model_state"):
            expected = weights_of(undisturbed.best_path.with_name(name), state)
            assert_same_weights(weights_of(resumed.best_path.with_name(name), state), expected)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_takes_effect_after_a_batch_and_then_means_what_it_did(
    root, fit, monkeypatch, signum
):
    from drumscribe.training.callbacks import EpochLog

    def press_ctrl_c(self, trainer, pl_module):
        os.kill(os.getpid(), signum)

    before = signal.getsignal(signum)
    monkeypatch.setattr(EpochLog, "on_validation_end", press_ctrl_c)
    config = config_of(root)
    with pytest.raises(KeyboardInterrupt):
        fit(config)
    assert signal.getsignal(signum) is before
    contents = torch.load(run_dir(config) / "last.ckpt", weights_only=True)
    n_batches = contents["loops"]["fit_loop"]["epoch_loop.batch_progress"]["current"]["ready"]
    assert (contents["epoch"], n_batches) == (1, 1)


def test_a_run_stopped_after_it_was_resumed_has_what_its_last_validation_found(
    trained, fit, tmp_path, monkeypatch
):
    from drumscribe.training.callbacks import EpochLog

    config, _ = trained
    for name in ("processed", "checkpoints"):
        shutil.copytree(config.data.root_path / name, tmp_path / name)
    last_path = tmp_path / "checkpoints" / "run" / "last.ckpt"
    before = load_checkpoint(last_path, device="cpu").header

    def press_ctrl_c(self, trainer, pl_module):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(EpochLog, "on_train_epoch_start", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        fit(config_of(tmp_path, "training.epochs=9"), resume=True)
    contents = torch.load(last_path, weights_only=True)
    assert contents["epoch"] == config.training.epochs
    assert load_checkpoint(last_path, device="cpu").header == before


def test_more_gpus_than_there_are_is_one_line(root, fit, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DrumscribeError, match=r"training.devices: 2 GPUs, but torch finds 1"):
        fit(config_of(root, "training.accelerator=gpu", "training.devices=2"))


def test_an_earlier_run_is_not_lost_without_being_asked_for(root, fit):
    config = config_of(root)
    put_checkpoints(config)
    with pytest.raises(DrumscribeError, match="--resume to go on, --overwrite to start again"):
        fit(config)
    assert_kept(config)


def test_a_refused_run_leaves_one_that_is_writing_alone(root, fit):
    config = config_of(root)
    put_checkpoints(config)
    being_written = run_dir(config) / ".abcdef12.partial.ckpt"
    being_written.touch()
    with pytest.raises(DrumscribeError, match="has checkpoints of an earlier run"):
        fit(config)
    assert being_written.exists()


def test_a_run_that_another_process_trains_is_left_alone(root, fit):
    config = config_of(root)
    with sole_writer(run_dir(config)):
        put_checkpoints(config)
        with pytest.raises(DrumscribeError, match="another run is writing here"):
            fit(config, overwrite=True)
        assert_kept(config)


def test_what_a_killed_run_left_half_written_is_no_run(root, fit):
    config = config_of(root, "training.epochs=1")
    run_dir(config).mkdir(parents=True)
    (run_dir(config) / ".abcdef12.partial.ckpt").touch()
    fit(config)
    assert not list(run_dir(config).glob(".*"))


def test_overwriting_starts_again_and_leaves_what_no_run_has_written(root, fit):
    config = config_of(root, "training.epochs=1")
    put_checkpoints(config)
    (run_dir(config) / "tuned.ckpt").write_bytes(b"mine")
    fit(config, overwrite=True)
    assert (run_dir(config) / "tuned.ckpt").read_bytes() == b"mine"
    assert load_checkpoint(run_dir(config) / "best_model.ckpt").header.kit.name == "lanes8"
    assert torch.load(run_dir(config) / "last.ckpt", weights_only=True)["epoch"] == 0


def test_overwriting_clears_the_thresholds_and_curves_of_the_earlier_run(root, fit, monkeypatch):
    from drumscribe.training import fit as module

    config = config_of(root, "training.epochs=1")
    put_checkpoints(config)
    log_dir = config.data.logs_path / "run"
    log_dir.mkdir(parents=True)
    stale = (run_dir(config) / "thresholds.yaml", log_dir / "events.out.tfevents.1.host.2.3")
    for path in stale:
        path.write_text("stale")
    monkeypatch.setattr(module, "_run", lambda *_: None)  # so that no new ones are written
    monkeypatch.setattr(module, "_result", lambda *_: None)
    fit(config, overwrite=True)
    assert not any(path.exists() for path in stale)
    assert {path.name for path in run_dir(config).iterdir()} == {"config.yaml"}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("training.seed=2", r"training\.seed \(was 1, now 2\)"),
        ("training.batch_size=3", r"training\.batch_size \(was 2, now 3\)"),
        ("training.shuffle_shards=1", r"training\.shuffle_shards \(was 4, now 1\)"),
        ("augmentation.gain_db=1.5", r"augmentation\.gain_db \(was .*, now 1\.5\)"),
        ("inference.min_gap_s=0.05", r"inference\.min_gap_s \(was None, now 0\.05\)"),
    ],
)
def test_a_run_is_not_resumed_with_settings_that_change_its_course(trained, fit, setting, told):
    config, _ = trained
    before = (run_dir(config) / "config.yaml").read_text()
    with pytest.raises(DrumscribeError, match=f"began with other settings: {told};") as caught:
        fit(config_of(config.data.root, setting), resume=True)
    assert str(run_dir(config) / "config.yaml") in str(caught.value)
    assert (run_dir(config) / "config.yaml").read_text() == before


def test_a_run_is_not_resumed_on_other_features(trained, fit, tmp_path):
    """Where in the epoch it stopped would mean other windows."""
    config, _ = trained
    for name in ("checkpoints", "processed"):
        shutil.copytree(config.data.root_path / name, tmp_path / name)
    with h5py.File(min((tmp_path / "processed" / "train").glob("*.h5")), "r+") as shard:
        shard.attrs["fingerprint"] = "of other recordings"
    with pytest.raises(DrumscribeError, match="trained on other features") as caught:
        fit(config_of(tmp_path), resume=True)
    assert str(caught.value).startswith(str(tmp_path / "checkpoints" / "run" / "last.ckpt"))


def test_a_run_is_resumed_with_more_epochs_and_from_another_place(trained, fit, tmp_path):
    config, _ = trained
    shutil.copytree(config.data.root_path / "checkpoints", tmp_path / "checkpoints")
    shutil.copytree(config.data.root_path / "processed", tmp_path / "elsewhere")
    settings = ("data.processed_dir=elsewhere", "training.epochs=9", "training.n_workers=1")
    resumed = config_of(tmp_path, *settings)
    fit(resumed, resume=True)
    assert torch.load(run_dir(resumed) / "last.ckpt", weights_only=True)["epoch"] == 8
    assert load_config(run_dir(resumed) / "config.yaml") == resumed


def test_there_must_be_something_to_resume(root, fit):
    config = config_of(root)
    with pytest.raises(DrumscribeError, match=r"last\.ckpt: nothing to resume"):
        fit(config, resume=True)


@pytest.mark.parametrize("setting", ["data.kit=articulations12", "features.n_mels=64"])
def test_a_store_of_another_kit_or_other_features_is_refused_and_an_earlier_run_kept(
    root, fit, setting
):
    config = config_of(root, setting)
    put_checkpoints(config)
    with pytest.raises(DrumscribeError, match="other features or another kit") as caught:
        fit(config, overwrite=True)
    assert str(config.data.processed_path) in str(caught.value)
    assert_kept(config)


def test_a_store_without_a_validation_split_is_refused_and_an_earlier_run_kept(root, fit):
    config = config_of(root)
    put_checkpoints(config)
    shutil.rmtree(config.data.processed_path / "val")
    with pytest.raises(DrumscribeError, match="val: holds no features"):
        fit(config, overwrite=True)
    assert_kept(config)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_an_absent_gpu_is_told_and_an_earlier_run_kept(root, fit):
    config = config_of(root, "training.accelerator=gpu")
    put_checkpoints(config)
    with pytest.raises(DrumscribeError, match="no GPU that torch can use"):
        fit(config, overwrite=True)
    assert_kept(config)


@pytest.mark.parametrize("damage", ["other size", "other bytes"])
def test_a_checkpoint_that_cannot_be_gone_on_from_is_refused_in_one_line(
    trained, fit, tmp_path, damage
):
    config, _ = trained
    for name in ("processed", "checkpoints"):
        shutil.copytree(config.data.root_path / name, tmp_path / name)
    config = config_of(tmp_path, "training.epochs=9")
    if damage == "other size":
        config = dataclasses.replace(config, model=dataclasses.replace(config.model, gru_units=8))
    else:
        (run_dir(config) / "last.ckpt").write_bytes(b"no checkpoint")
    before = (run_dir(config) / "config.yaml").read_text()
    with pytest.raises(DrumscribeError, match=r"last\.ckpt: ") as caught:
        fit(config, resume=True)
    assert "\n" not in str(caught.value)
    assert (run_dir(config) / "config.yaml").read_text() == before


@pytest.mark.parametrize("others", [(), ("model.dropout=0.2",)])
def test_training_can_start_from_the_weights_of_another_run(trained, fit, root, others):
    _, result = trained
    source = f"training.initial_checkpoint={result.best_path}"
    settings = ("training.epochs=1", "training.learning_rate=1.0e-9", source)
    config = config_of(root, *settings, *others)
    fit(config)
    started_from, ended = (
        load_checkpoint(path).network.onset_head.weight
        for path in (result.best_path, run_dir(config) / "best_model.ckpt")
    )
    assert torch.allclose(started_from, ended, atol=1e-6)


def test_weights_that_do_not_fit_are_told_with_what_to_change(trained, fit, root):
    _, result = trained
    source = f"training.initial_checkpoint={result.best_path}"
    config = config_of(root, source, "model.gru_units=5", "model.dropout=0.2")
    with pytest.raises(DrumscribeError) as caught:
        fit(config)
    assert str(caught.value) == (
        f"{result.best_path}: has another model, kit or features than this configuration: "
        "model.gru_units (has 16, not 5); set these so, or another training.initial_checkpoint"
    )
    assert not list(run_dir(config).glob("*.ckpt"))


def test_a_live_model_can_start_from_one_that_hears_whole_recordings(trained, fit, root):
    _, result = trained
    settings = ("training.epochs=1", "training.learning_rate=1.0e-9", "model.lookahead_frames=2")
    config = config_of(root, *settings, f"training.initial_checkpoint={result.best_path}")
    fit(config)
    whole, live = (
        load_checkpoint(path).network.onset_head.weight
        for path in (result.best_path, run_dir(config) / "best_model.ckpt")
    )
    assert torch.allclose(whole[:, : live.shape[1]], live, atol=1e-6)
    smaller = ("model.gru_units=5", "training.run_name=smaller")
    refused = config_of(
        root, *settings, *smaller, f"training.initial_checkpoint={result.best_path}"
    )
    with pytest.raises(DrumscribeError, match="has another model, kit or features"):
        fit(refused)


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def test_ctrl_c_leaves_a_checkpoint_to_transcribe_with_and_exits_with_130(store, root):
    # An epoch after the interrupt would take longer than the test may: it stops after a batch.
    endless = ("training.epochs=10000", "training.early_stopping_patience=9999")
    process = start_training(root, "run", *SETTINGS, *endless, stderr=subprocess.PIPE)
    checkpoint = root / "checkpoints" / "run" / "last.ckpt"
    wait_for(checkpoint, process)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "drumscribe: stopped"

    audio = next((store / "e-gmd-v1.0.0").rglob("*.wav"))
    target = root / "out.mid"
    subprocess.run(
        [
            *(sys.executable, "-m", "drumscribe", "transcribe", audio),
            *("-c", checkpoint, "-o", target, "--set", f"data.root={root}"),
        ],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert target.read_bytes().startswith(b"MThd")
    assert not list(checkpoint.parent.glob(".*"))
