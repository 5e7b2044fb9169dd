"""What an activation is worth: how often a peak of that height is a real hit."""

from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import AnyFloatArray

_NEAREST_TO_CERTAIN = 1e-4


@dataclass(frozen=True)
class Calibration:
    """The map from a peak's height to the share of such peaks that are right.

    A line on the log-odds, so two numbers: as ``scale`` is not negative, a higher peak is never
    less sure. Scale 1 and offset 0 change nothing.

    Attributes:
        scale: factor of the height's log-odds, >= 0.
        offset: what is added to them.

    Raises:
        ValueError: when a number is not finite, or the scale negative.
    """

    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale >= 0 and np.isfinite(self.offset)):
            raise ValueError(f"calibration needs a scale >= 0 and finite numbers, got {self}")

    def confidence(self, height: AnyFloatArray) -> AnyFloatArray:
        """The share of peaks of each height that are right, 0..1, in the shape of ``height``."""
        share: AnyFloatArray = 1 / (1 + np.exp(-(self.scale * log_odds(height) + self.offset)))
        return share


def log_odds(share: AnyFloatArray) -> AnyFloatArray:
    """``log(p / (1 - p))`` of shares 0..1; those nearest to 0 and 1 count as 0.0001 from them."""
    kept = np.clip(np.asarray(share, np.float64), _NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    odds: AnyFloatArray = np.log(kept / (1 - kept))
    return odds
