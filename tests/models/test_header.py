"""The header of a weights file: it comes back whole, and every kind of damage is refused."""

import json

import pytest

from drumscribe.config import FeatureConfig, ModelConfig, PeakPickingConfig
from drumscribe.drums import ARTICULATIONS12, KITS, LANES8
from drumscribe.models.calibration import Calibration
from drumscribe.models.header import ModelHeader, header_from_dict
from drumscribe.timing import CLOCK
from drumscribe.utils.errors import DrumscribeError

SOURCE = "some/model.ckpt"


def header_of(kit=LANES8):
    return ModelHeader(
        kit=kit,
        features=FeatureConfig(n_mels=40, range_db=60.0),
        model=ModelConfig(conv_channels=(4, 8), frequency_pools=(2, 5), beat_head=False),
        thresholds={name: 0.1 + 0.05 * index for index, name in enumerate(kit.names)},
        provenance={"trained_on": "E-GMD", "epoch": 3, "scores": {"f1": 0.5}},
        peak_picking=PeakPickingConfig(peak_window_s=0.01, min_gap_s=0.05),
        calibration={name: Calibration(1.5, index - 3) for index, name in enumerate(kit.names)},
    )


def refusal(values):
    with pytest.raises(DrumscribeError) as caught:
        header_from_dict(values, source=SOURCE)
    message = str(caught.value)
    assert message.startswith(f"{SOURCE}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kit", KITS.values(), ids=lambda kit: kit.name)
def test_a_header_comes_back_as_it_was(kit):
    assert header_from_dict(header_of(kit).to_dict(), source=SOURCE) == header_of(kit)


def test_a_header_survives_json():
    values = json.loads(json.dumps(header_of().to_dict()))
    assert header_from_dict(values, source=SOURCE) == header_of()


def test_the_clock_is_written_as_numbers_of_its_own():
    values = header_of().to_dict()
    assert values["clock"] == CLOCK
    values["clock"]["hop_length"] = 441
    assert header_of().to_dict()["clock"] == CLOCK


def test_a_header_without_provenance_is_complete():
    values = header_of().to_dict()
    del values["provenance"]
    assert header_from_dict(values, source=SOURCE).provenance == {}


@pytest.mark.parametrize(
    "name", ["format_version", "clock", "kit", "classes", "features", "model", "thresholds"]
)
@pytest.mark.parametrize("damage", ["absent", None, 3.5, "text", [1, 2]])
def test_every_part_is_needed_and_checked(name, damage):
    values = header_of().to_dict()
    if damage == "absent":
        del values[name]
    else:
        values[name] = damage
    refusal(values)


@pytest.mark.parametrize("values", [{}, None, [], "header", 7])
def test_what_is_no_header_at_all_is_refused(values):
    assert "damaged" in refusal(values)


def test_another_format_is_refused_with_both_numbers():
    message = refusal(header_of().to_dict() | {"format_version": 2})
    assert "format 2, but this version reads 1" in message


@pytest.mark.parametrize("name", CLOCK)
def test_another_clock_is_refused(name):
    assert "another clock" in refusal(header_of().to_dict() | {"clock": CLOCK | {name: 441}})


def test_an_unknown_kit_is_refused():
    assert "unknown kit 'no_such_kit'" in refusal(header_of().to_dict() | {"kit": "no_such_kit"})


@pytest.mark.parametrize(
    "classes",
    [ARTICULATIONS12.names, LANES8.names[::-1], LANES8.names[:-1], (*LANES8.names, "cowbell")],
)
def test_other_classes_than_the_kits_are_refused(classes):
    assert "made for the classes" in refusal(header_of().to_dict() | {"classes": list(classes)})


@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ("features", {"n_mels": 0}, "n_mels: must be"),
        ("features", {"n_mels": "40"}, "n_mels: must be"),
        ("features", {"colour": 1}, "unknown key features.colour"),
        ("model", {"gru_units": -1}, "gru_units: must be"),
        ("model", {"frequency_pools": [2]}, "frequency_pools: needs one number per block"),
        ("model", {"attention": True}, "unknown key model.attention"),
    ],
)
def test_settings_beyond_what_is_allowed_are_refused(section, changes, said):
    values = header_of().to_dict()
    values[section] |= changes
    assert said in refusal(values)


@pytest.mark.parametrize(
    ("section", "key"),
    [("features", "f_max_hz"), ("model", "gru_units"), ("peak_picking", "min_gap_s")],
)
def test_a_setting_that_is_absent_is_not_made_up(section, key):
    """A network that was trained with other values would hear something else, and say nothing."""
    values = header_of().to_dict()
    del values[section][key]
    assert f"{section}: lacks {key}" in refusal(values)


def test_a_model_from_before_causal_ones_is_none():
    values = header_of().to_dict()
    del values["model"]["lookahead_frames"]
    assert header_from_dict(values, source=SOURCE).model.lookahead_frames is None


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), None, "high"])
def test_thresholds_that_are_no_activation_are_refused(value):
    values = header_of().to_dict()
    values["thresholds"]["kick"] = value
    assert "damaged" in refusal(values)


def test_thresholds_must_cover_the_kit():
    values = header_of().to_dict()
    del values["thresholds"]["ride"]
    assert "do not cover the kit 'lanes8'" in refusal(values)
    values = header_of().to_dict()
    values["thresholds"]["cowbell"] = 0.5
    assert "do not cover the kit 'lanes8'" in refusal(values)


def test_a_header_from_before_peak_picking_and_calibration_has_what_held_then():
    values = header_of().to_dict()
    del values["peak_picking"], values["calibration"]
    header = header_from_dict(values, source=SOURCE)
    assert header.peak_picking == PeakPickingConfig(peak_window_s=0.02, min_gap_s=0.03)
    assert header.calibration == {}


@pytest.mark.parametrize("damage", [None, 3.5, "text", [1], {"min_gap_s": -1}, {"colour": 1}])
def test_peak_picking_beyond_what_is_allowed_is_refused(damage):
    refusal(header_of().to_dict() | {"peak_picking": damage})


@pytest.mark.parametrize(
    "damage", [None, 3.5, "text", [1], {"cowbell": {}}, {"kick": {"scale": 1, "offset": 0}}]
)
def test_a_calibration_of_something_else_than_the_kit_is_refused(damage):
    refusal(header_of().to_dict() | {"calibration": damage})


@pytest.mark.parametrize(("scale", "offset"), [(-1, 0), (float("nan"), 0), (1, float("inf"))])
def test_a_calibration_that_is_no_rising_map_is_refused(scale, offset):
    values = header_of().to_dict()
    values["calibration"]["kick"] = {"scale": scale, "offset": offset}
    assert "damaged" in refusal(values)
