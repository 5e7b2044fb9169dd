"""The header of a weights file: what the weights hear and say."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drumscribe.config import FeatureConfig, ModelConfig, PeakPickingConfig, section_from_dict
from drumscribe.drums import Kit, kit_by_name, require_same_kit
from drumscribe.models.calibration import Calibration
from drumscribe.timing import CLOCK, require_same_clock
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.schema import plain

FORMAT_VERSION = 1

HEADER_KEY = "drumscribe_header"
"""What the header is called in a checkpoint, as a dict, and in an ``.onnx`` file, as JSON."""

_MODEL_KEYS_ADDED_LATER = ("lookahead_frames",)
"""Keys of ``ModelConfig`` that older models lack, whose networks are as the defaults say."""


@dataclass(frozen=True)
class ModelHeader:
    """What a model's inputs and outputs mean.

    Attributes:
        kit: its drum classes.
        features: the log-mel it hears.
        model: its size.
        thresholds: peak-picking threshold of each class by name, 0..1.
        provenance: free facts about where it comes from (training data, epoch, scores, version).
        peak_picking: the settings that the thresholds were chosen with.
        calibration: what activations mean, by class name; empty where nobody has measured it.
    """

    kit: Kit
    features: FeatureConfig
    model: ModelConfig
    thresholds: dict[str, float]
    provenance: dict[str, Any] = field(default_factory=dict)
    peak_picking: PeakPickingConfig = field(default_factory=PeakPickingConfig)
    calibration: dict[str, Calibration] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The header as plain values, the clock included."""
        return {
            "format_version": FORMAT_VERSION,
            "clock": dict(CLOCK),
            "kit": self.kit.name,
            "classes": list(self.kit.names),
            "features": dataclasses.asdict(self.features),
            "model": plain(dataclasses.asdict(self.model)),
            "thresholds": dict(self.thresholds),
            "peak_picking": dataclasses.asdict(self.peak_picking),
            "calibration": {k: dataclasses.asdict(v) for k, v in self.calibration.items()},
            "provenance": dict(self.provenance),
        }


def header_from_dict(values: Mapping[str, Any], *, source: str) -> ModelHeader:
    """The header that ``to_dict`` wrote, checked against this version's clock and kits.

    Args:
        values: the header as read from a file.
        source: the file's name, for messages.

    Raises:
        DrumscribeError: when it is of another format, clock or kit, or incomplete.
    """
    try:
        if values["format_version"] != FORMAT_VERSION:
            raise DrumscribeError(
                f"{source}: format {values['format_version']}, but this version reads "
                f"{FORMAT_VERSION}; use the drumscribe version that wrote it"
            )
        require_same_clock(values["clock"], source=source)
        with naming(source):
            kit = kit_by_name(values["kit"])
            features = section_from_dict(FeatureConfig, values["features"], name="features")
            model = section_from_dict(
                ModelConfig, values["model"], name="model", added_later=_MODEL_KEYS_ADDED_LATER
            )
            peak_picking = _peak_picking(values)
        require_same_kit(values["classes"], kit, source=source)
        return ModelHeader(
            kit=kit,
            features=features,
            model=model,
            thresholds=_thresholds(values["thresholds"], kit, source=source),
            provenance=dict(values.get("provenance", {})),
            peak_picking=peak_picking,
            calibration=_calibration(values.get("calibration", {}), kit),
        )
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise DrumscribeError(
            f"{source}: its header is damaged ({type(error).__name__}: {error}); train or fetch "
            "the model again"
        ) from error


def _thresholds(values: Mapping[str, Any], kit: Kit, *, source: str) -> dict[str, float]:
    thresholds = {str(name): float(value) for name, value in values.items()}
    if set(thresholds) != set(kit.names):
        raise DrumscribeError(f"{source}: its thresholds do not cover the kit {kit.name!r}")
    if not all(0 <= value <= 1 for value in thresholds.values()):
        raise ValueError(f"thresholds must be 0..1, got {thresholds}")
    return thresholds


def _peak_picking(values: Mapping[str, Any]) -> PeakPickingConfig:
    if "peak_picking" not in values:  # in older models, which were tuned with the defaults
        return PeakPickingConfig()
    return section_from_dict(PeakPickingConfig, values["peak_picking"], name="peak_picking")


def _calibration(values: Mapping[str, Any], kit: Kit) -> dict[str, Calibration]:
    if values and set(values) != set(kit.names):
        raise ValueError(f"calibration does not cover the kit {kit.name!r}")
    return {
        name: Calibration(scale=float(numbers["scale"]), offset=float(numbers["offset"]))
        for name, numbers in values.items()
    }
