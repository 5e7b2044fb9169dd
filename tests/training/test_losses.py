"""What training minimises, against sums worked out by hand."""

import math

import pytest
import torch

from drumscribe.config import TrainingConfig
from drumscribe.models.crnn import Logits
from drumscribe.training.losses import class_weights, drum_losses, velocity_loss

B, T, C = 2, 5, 3
ONES = torch.ones(C)
LN2 = math.log(2)


def targets_of(onset=None, velocity=None, beat=None):
    return {
        "onset": torch.zeros(B, T, C) if onset is None else onset,
        "velocity": torch.zeros(B, T, C) if velocity is None else velocity,
        "beat": torch.zeros(B, T, 2) if beat is None else beat,
    }


def random_targets(seed=1):
    torch.manual_seed(seed)
    onset = (torch.rand(B, T, C) < 0.3).float()
    return targets_of(onset, torch.rand(B, T, C) * onset, (torch.rand(B, T, 2) < 0.2).float())


def random_logits(seed=2):
    torch.manual_seed(seed)
    return Logits(torch.randn(B, T, C), torch.randn(B, T, C), torch.randn(B, T, 2))


def logits_that_say(targets, certainty=30.0):
    def certain(target):
        return certainty * (2 * target - 1)

    velocity = torch.logit(targets["velocity"], eps=1e-6)
    return Logits(certain(targets["onset"]), velocity, certain(targets["beat"]))


@pytest.mark.parametrize(
    ("weighting", "expected"),
    [
        (0.0, [2, 2, 2, 2]),
        # A quarter as frequent: square root 2, a hundredth: 10.
        (0.5, [2, 4, 20, 20]),
        (1.0, [2, 8, 20, 20]),
    ],
)
def test_rare_classes_weigh_more_up_to_ten_times(weighting, expected):
    config = TrainingConfig(class_weighting=weighting, positive_weight=2.0)
    assert class_weights([100, 25, 1, 0], config).tolist() == pytest.approx(expected)


def test_without_any_hits_all_classes_weigh_the_same():
    weights = class_weights([0, 0, 0], TrainingConfig(positive_weight=3.0))
    assert weights.tolist() == [3, 3, 3]


def test_a_model_that_knows_nothing_pays_a_bit_for_every_frame():
    logits = Logits(torch.zeros(B, T, C), None, None)
    losses = drum_losses(logits, targets_of(), ONES, TrainingConfig())
    assert losses["onset"].item() == pytest.approx(LN2)
    assert losses["loss"].item() == pytest.approx(LN2)


def test_a_missed_hit_costs_its_classs_weight():
    onset = torch.zeros(B, T, C)
    onset[0, 2, 1] = 1
    weights = torch.tensor([1.0, 7.0, 1.0])
    logits = Logits(torch.zeros(B, T, C), None, None)
    loss = drum_losses(logits, targets_of(onset), weights, TrainingConfig())["onset"].item()
    n_cells = B * T * C
    assert loss == pytest.approx(LN2 * (n_cells - 1 + 7) / n_cells)


def test_an_onset_loss_is_the_weighted_cross_entropy_of_every_cell():
    targets, logits = random_targets(), random_logits()
    weights = torch.tensor([1.0, 2.5, 7.0])
    p = torch.sigmoid(logits.onset)
    wanted = targets["onset"]
    expected = -(weights * wanted * p.log() + (1 - wanted) * (1 - p).log()).mean()
    losses = drum_losses(logits, targets, weights, TrainingConfig())
    assert losses["onset"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_loss_is_the_weighted_sum_of_the_heads():
    config = TrainingConfig(velocity_loss_weight=0.25, beat_loss_weight=3.0)
    losses = drum_losses(random_logits(), random_targets(), ONES, config)
    assert set(losses) == {"onset", "velocity", "beat", "loss"}
    expected = losses["onset"] + 0.25 * losses["velocity"] + 3 * losses["beat"]
    assert losses["loss"].item() == pytest.approx(expected.item())


def test_a_head_that_the_model_does_not_have_costs_nothing():
    onset_alone = random_logits()._replace(velocity=None, beat=None)
    losses = drum_losses(onset_alone, random_targets(), ONES, TrainingConfig())
    assert set(losses) == {"onset", "loss"}
    assert losses["loss"] == losses["onset"]


def test_the_right_answer_costs_nothing():
    targets = random_targets()
    losses = drum_losses(logits_that_say(targets), targets, ONES, TrainingConfig())
    assert losses["loss"].item() == pytest.approx(0, abs=1e-6)


def test_the_velocity_loss_is_the_mean_square_over_hits():
    onset, velocity = torch.zeros(B, T, C), torch.zeros(B, T, C)
    onset[0, 1, 0] = onset[1, 3, 2] = 1
    velocity[0, 1, 0], velocity[1, 3, 2] = 0.9, 0.2
    logits = torch.zeros(B, T, C)  # says 0.5 everywhere
    loss = velocity_loss(logits, targets_of(onset, velocity))
    assert loss.item() == pytest.approx((0.4**2 + 0.3**2) / 2)


def test_a_neighbouring_frame_counts_by_its_onset_target():
    onset, velocity = torch.zeros(B, T, C), torch.zeros(B, T, C)
    onset[0, 1, 0], onset[0, 2, 0] = 1, 0.5
    velocity[0, 1, 0], velocity[0, 2, 0] = 0.9, 0.7
    loss = velocity_loss(torch.zeros(B, T, C), targets_of(onset, velocity))
    assert loss.item() == pytest.approx((0.4**2 + 0.5 * 0.2**2) / 1.5)


def test_velocity_between_hits_does_not_matter():
    targets = random_targets()
    logits = random_logits().velocity
    elsewhere = logits + 5 * (targets["onset"] == 0)
    assert velocity_loss(elsewhere, targets) == velocity_loss(logits, targets)


def test_the_velocity_loss_of_a_window_without_hits_is_zero():
    assert velocity_loss(random_logits().velocity, targets_of()).item() == 0


def test_losses_and_gradients_stay_finite_however_wrong_the_model_is():
    targets = random_targets()
    logits = Logits(*(-1e4 * head.sign() for head in logits_that_say(targets)))
    heads = [head.requires_grad_() for head in logits]
    loss = drum_losses(Logits(*heads), targets, 20 * ONES, TrainingConfig())["loss"]
    loss.backward()
    assert math.isfinite(loss.item())
    assert all(torch.isfinite(head.grad).all() for head in heads)
