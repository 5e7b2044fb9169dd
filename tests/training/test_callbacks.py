"""When the resume point is written: where several processes must agree on it, and when stopped."""

import os
import signal
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.slow


class FakeTrainer:
    """Knows what the first process has decided, and notes what is asked of it."""

    num_training_batches = 10

    def __init__(self, world_size, decided=None, accumulate_grad_batches=1):
        self.world_size = world_size
        self.accumulate_grad_batches = accumulate_grad_batches
        self.strategy = SimpleNamespace(broadcast=self._broadcast)
        self.n_saved = self.n_broadcast = 0
        self._decided = decided

    def _broadcast(self, own):
        self.n_broadcast += 1
        return self._decided

    def save_checkpoint(self, path):
        self.n_saved += 1


@pytest.fixture
def end_batch(tmp_path):
    """Ends a batch at a process whose own clock says to save now, or not for long."""
    from drumscribe.training.callbacks import ResumePoint

    def end(trainer, *, is_due, batch_idx=3):
        point = ResumePoint(tmp_path / "last.ckpt", every_s=0 if is_due else 3600)
        point.on_train_batch_end(trainer, None, None, None, batch_idx)

    return end


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_the_clock_of_the_first_process_decides_for_all(end_batch, own, first):
    trainer = FakeTrainer(2, decided=(first, False))
    end_batch(trainer, is_due=own)
    assert trainer.n_saved == first


def test_all_stop_when_the_first_process_is_asked_to(end_batch):
    trainer = FakeTrainer(2, decided=(False, True))
    with pytest.raises(KeyboardInterrupt):
        end_batch(trainer, is_due=False)
    assert trainer.n_saved == 1


@pytest.mark.parametrize("is_due", [False, True])
def test_a_process_alone_asks_nobody(end_batch, is_due):
    trainer = FakeTrainer(1)
    end_batch(trainer, is_due=is_due)
    assert (trainer.n_saved, trainer.n_broadcast) == (is_due, 0)


def test_a_resumed_run_is_as_patient_as_it_is_told_to_be_now():
    from drumscribe.training.callbacks import Patience

    resumed = Patience(9)
    resumed.load_state_dict(Patience(1).state_dict() | {"wait_count": 3})
    assert (resumed.patience, resumed.wait_count) == (9, 3)


def test_gradients_that_are_being_added_up_are_not_lost(end_batch):
    trainer = FakeTrainer(1, accumulate_grad_batches=3)
    saved_after = []
    for batch_idx in range(trainer.num_training_batches):
        n_before = trainer.n_saved
        end_batch(trainer, is_due=True, batch_idx=batch_idx)
        if trainer.n_saved > n_before:
            saved_after.append(batch_idx + 1)
    assert saved_after == [3, 6, 9]  # and after the tenth by validation


def test_all_stop_after_an_epochs_last_batch_that_completes_no_step(end_batch):
    trainer = FakeTrainer(2, decided=(False, True), accumulate_grad_batches=3)
    with pytest.raises(KeyboardInterrupt):
        end_batch(trainer, is_due=False, batch_idx=9)


def test_ctrl_c_that_comes_twice_at_once_is_one_and_a_later_one_stops_at_once(
    tmp_path, monkeypatch
):
    from drumscribe.training import callbacks

    times_s = iter([100.0, 100.0, 100.01, 103.0])  # the first is of the last checkpoint
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=times_s.__next__))
    point = callbacks.ResumePoint(tmp_path / "last.ckpt", every_s=3600)
    point.on_fit_start(None, None)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        point.teardown(None, None, "fit")
