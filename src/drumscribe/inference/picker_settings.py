"""What decides which activations are hits, and how sure those are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from drumscribe.config import InferenceConfig, PeakPickingConfig
from drumscribe.drums import Kit
from drumscribe.models.calibration import Calibration
from drumscribe.models.header import ModelHeader
from drumscribe.utils.arrays import Float64Array, FloatArray
from drumscribe.utils.errors import DrumscribeError


@dataclass(frozen=True)
class PickerSettings:
    """What pickers of hits need to know of a model.

    Attributes:
        kit: its kit.
        peak_picking: peak window and smallest gap.
        thresholds: the least activation of a hit, by class name; every class has one.
        calibration: what activations mean, by class name.
    """

    kit: Kit
    peak_picking: PeakPickingConfig
    thresholds: Mapping[str, float]
    calibration: Mapping[str, Calibration] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        header: ModelHeader,
        config: InferenceConfig,
        thresholds: Mapping[str, float] | None = None,
    ) -> "PickerSettings":
        """A model's own settings with what a person set in their place.

        Args:
            header: the model's.
            config: peak picking where it differs from the model's own.
            thresholds: thresholds that replace the model's own, by class name.

        Raises:
            DrumscribeError: when a threshold names no class of the model's kit, or is not 0..1.
        """
        kit, merged = header.kit, {**header.thresholds, **(thresholds or {})}
        unknown = set(merged) - set(kit.names)
        if unknown:
            raise DrumscribeError(
                f"thresholds: unknown drum {min(unknown)!r}; the model has " + ", ".join(kit.names)
            )
        for name, threshold in merged.items():
            if not 0 <= threshold <= 1:
                raise DrumscribeError(f"thresholds: {name} must be 0..1, got {threshold:g}")
        return cls(kit, config.peak_picking(header.peak_picking), merged, header.calibration)

    def confidence(self, name: str, heights: FloatArray) -> Float64Array:
        """How sure peaks of a class are, 0..1, in the shape of their ``heights``.

        By the model's calibration, or the height itself where nobody has measured it.
        """
        calibration = self.calibration.get(name)
        sure = heights if calibration is None else calibration.confidence(heights)
        return np.minimum(sure.astype(np.float64), 1.0)
