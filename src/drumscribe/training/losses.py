"""What training minimises. B windows, T frames, C drum classes."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from drumscribe.config import TrainingConfig
from drumscribe.models.crnn import Logits
from drumscribe.training.joint import count_processes, mean_over_processes

_MAX_CLASS_WEIGHT = 10.0


def class_weights(n_hits: Sequence[int], config: TrainingConfig) -> Tensor:
    """How much a hit of each class weighs against a frame without one, shape (C,).

    The most frequent class weighs ``positive_weight``; a class n times as rare weighs
    n ** class_weighting times that, up to ten times.

    Args:
        n_hits: hits of each class in the training data.
        config: ``positive_weight`` and ``class_weighting``.
    """
    hits = torch.tensor(n_hits, dtype=torch.float32).clamp(min=1)
    rarity = (hits.max() / hits) ** config.class_weighting
    return config.positive_weight * rarity.clamp(max=_MAX_CLASS_WEIGHT)


def drum_losses(
    logits: Logits, targets: Mapping[str, Tensor], weights: Tensor, config: TrainingConfig
) -> dict[str, Tensor]:
    """The loss of each head by name, and their weighted sum as "loss".

    Args:
        logits: of a batch.
        targets: "onset" and "velocity" (B, T, C), "beat" (B, T, 2), values 0..1.
        weights: shape (C,), of ``class_weights``.
        config: the weights of the heads.
    """
    losses = {
        "onset": functional.binary_cross_entropy_with_logits(
            logits.onset, targets["onset"], pos_weight=weights
        )
    }
    total = losses["onset"]
    if logits.velocity is not None:
        losses["velocity"] = velocity_loss(logits.velocity, targets)
        total = total + config.velocity_loss_weight * losses["velocity"]
    if logits.beat is not None:
        losses["beat"] = functional.binary_cross_entropy_with_logits(logits.beat, targets["beat"])
        total = total + config.beat_loss_weight * losses["beat"]
    return losses | {"loss": total}


def velocity_loss(velocity_logits: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
    """Mean squared error of the velocity (0..1) over frames with an onset, weighted by its target.

    Where several processes train, it is divided by their mean number of onsets, so that the mean of
    their losses is the loss over all their windows.

    Args:
        velocity_logits: shape (B, T, C).
        targets: "onset" and "velocity", shape (B, T, C).
    """
    weight = targets["onset"]
    error = (torch.sigmoid(velocity_logits.float()) - targets["velocity"]) ** 2
    n_onsets = mean_over_processes(weight.sum()).clamp(min=1 / count_processes())
    return (weight * error).sum() / n_onsets
