"""The learning rate over a run, as a function of the step alone."""

import math

from drumscribe.config import TrainingConfig

_FINAL_FACTOR = 0.01


def learning_rate_factor(step: int, n_steps: int, config: TrainingConfig) -> float:
    """What ``learning_rate`` is multiplied with at ``step``, 0..1.

    It rises linearly over ``warmup_steps`` (at most a tenth of the run) and then, by the "cosine"
    schedule, falls to a hundredth at the end.

    Args:
        step: optimiser steps done.
        n_steps: optimiser steps in the whole run.
        config: ``warmup_steps`` and ``schedule``.
    """
    n_warmup = max(1, min(config.warmup_steps, n_steps // 10))
    if step < n_warmup:
        return (step + 1) / n_warmup
    if config.schedule == "constant":
        return 1.0
    progress = min(1.0, (step - n_warmup) / max(1, n_steps - n_warmup))
    cosine = 0.5 * (1 + math.cos(math.pi * progress))
    return _FINAL_FACTOR + (1 - _FINAL_FACTOR) * cosine
