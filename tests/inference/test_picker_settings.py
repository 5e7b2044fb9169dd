"""What a model and a person say of picking hits, put together."""

import numpy as np
import pytest

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig, PeakPickingConfig
from drumscribe.drums import LANES8
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.models.calibration import Calibration
from drumscribe.models.header import ModelHeader
from drumscribe.utils.errors import DrumscribeError

HEADER = ModelHeader(
    LANES8,
    FeatureConfig(),
    ModelConfig(),
    dict.fromkeys(LANES8.names, 0.4),
    peak_picking=PeakPickingConfig(min_gap_s=0.05),
    calibration={"snare": Calibration(0.0, 0.0)},
)


def test_what_a_person_sets_replaces_the_models_own():
    settings = PickerSettings.of(HEADER, InferenceConfig(min_gap_s=0.02), {"kick": 0.7})
    assert settings.thresholds == dict.fromkeys(LANES8.names, 0.4) | {"kick": 0.7}
    assert settings.peak_picking == PeakPickingConfig(min_gap_s=0.02)
    own = PickerSettings.of(HEADER, InferenceConfig())
    assert (own.kit, own.thresholds) == (LANES8, HEADER.thresholds)
    assert own.peak_picking == HEADER.peak_picking


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_may_be_all_or_nothing(threshold):
    settings = PickerSettings.of(HEADER, InferenceConfig(), {"kick": threshold})
    assert settings.thresholds["kick"] == threshold


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [({"gong": 0.5}, "unknown drum 'gong'"), ({"kick": 1.5}, "kick must be 0..1, got 1.5")],
)
def test_thresholds_that_mean_nothing_are_refused(thresholds, message):
    with pytest.raises(DrumscribeError, match=message):
        PickerSettings.of(HEADER, InferenceConfig(), thresholds)


def test_confidence_is_calibrated_where_that_is_known_and_never_beyond_certain():
    settings = PickerSettings.of(HEADER, InferenceConfig())
    heights = np.array([0.25, 1.0, 1.0001], np.float32)
    assert settings.confidence("kick", heights).tolist() == [0.25, 1.0, 1.0]
    assert settings.confidence("snare", heights).tolist() == [0.5, 0.5, 0.5]
