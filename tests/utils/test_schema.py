"""Dataclasses from mappings: every value checked, every refusal helpful."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.schema import Range, build, plain


@dataclass(frozen=True)
class Stick:
    length_cm: Annotated[float, Range(30, 45)] = 40.6
    tip: Literal["wood", "nylon"] = "wood"


@dataclass(frozen=True)
class Drum:
    name: str = "snare"
    n_lugs: Annotated[int, Range(2)] = 10
    is_tuned: bool = True
    pitch_hz: float | None = None
    depths: tuple[Annotated[int, Range(1, 30)], ...] = (14,)
    stick: Stick = field(default_factory=Stick)


def test_absent_keys_keep_their_defaults() -> None:
    assert build(Drum, {}, key="drum") == Drum()


def test_values_arrive_as_the_types_of_the_fields() -> None:
    values = {
        "name": "tom",
        "n_lugs": 6,
        "is_tuned": False,
        "pitch_hz": 110,
        "depths": [12, 13],
        "stick": {"length_cm": 41, "tip": "nylon"},
    }
    drum = build(Drum, values, key="drum")
    assert drum == Drum("tom", 6, False, 110.0, (12, 13), Stick(41.0, "nylon"))
    assert type(drum.pitch_hz) is type(drum.stick.length_cm) is float


def test_an_optional_value_may_be_nothing() -> None:
    assert build(Drum, {"pitch_hz": None}, key="").pitch_hz is None


def test_a_section_without_keys_keeps_its_defaults() -> None:
    assert build(Drum, {"stick": None}, key="").stick == Stick()


def test_numbers_that_yaml_reads_as_text_are_numbers() -> None:
    assert build(Drum, {"pitch_hz": "1e-3"}, key="").pitch_hz == 0.001


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"nam": "x"}, r"unknown key drum\.nam; allowed here: name, n_lugs, .*stick"),
        ({"stick": {"size": 5}}, r"unknown key drum\.stick\.size; allowed here: length_cm, tip"),
        ({1: 2}, r"unknown key drum\.1; "),
        ({"name": None}, r"drum\.name: must be text, got None"),
        ({"n_lugs": 1}, r"drum\.n_lugs: must be a whole number >= 2, got 1"),
        ({"n_lugs": "6"}, r"drum\.n_lugs: must be a whole number >= 2, got '6'"),
        ({"n_lugs": True}, r"drum\.n_lugs: must be a whole number >= 2, got True"),
        ({"is_tuned": "yes"}, r"drum\.is_tuned: must be true or false, got 'yes'"),
        ({"pitch_hz": "high"}, r"drum\.pitch_hz: must be a number, got 'high'"),
        ({"pitch_hz": "nan"}, r"drum\.pitch_hz: must be a number, got nan"),
        ({"pitch_hz": float("inf")}, r"drum\.pitch_hz: must be a number, got inf"),
        ({"pitch_hz": 10**400}, r"drum\.pitch_hz: must be a number"),
        ({"depths": "14"}, r"drum\.depths: must be a list, got '14'"),
        ({"depths": [14, 99]}, r"drum\.depths\[1\]: must be a whole number 1\.\.30, got 99"),
        (
            {"stick": {"length_cm": 46}},
            r"drum\.stick\.length_cm: must be a number 30\.\.45, got 46",
        ),
        ({"stick": {"tip": "glass"}}, r"drum\.stick\.tip: must be one of wood, nylon, got 'glass'"),
        ({"stick": {"tip": []}}, r"drum\.stick\.tip: must be one of wood, nylon, got \[\]"),
        ({"stick": 5}, r"drum\.stick: must be a mapping"),
        ([], r"drum: must be a mapping"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_what_is_allowed(values: Any, expected: str) -> None:
    with pytest.raises(DrumscribeError, match=expected):
        build(Drum, values, key="drum")


@pytest.mark.parametrize("length_cm", [30, 45, 30.0, 45.0])
def test_the_bounds_of_a_range_are_allowed(length_cm: float) -> None:
    assert build(Stick, {"length_cm": length_cm}, key="").length_cm == length_cm


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "stick", "tip", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(Drum.__dataclass_fields__)), yaml_values))
def test_any_mapping_gives_a_dataclass_or_a_message(values: dict[str, Any]) -> None:
    try:
        drum = build(Drum, values, key="drum")
    except DrumscribeError as error:
        assert str(error)
    else:
        assert drum.n_lugs >= 2 and 30 <= drum.stick.length_cm <= 45


def test_plain_turns_tuples_into_lists_at_every_depth() -> None:
    value = {"a": (1, (2, [3, (4,)])), "b": {"c": ({"d": ()},)}}
    assert plain(value) == {"a": [1, [2, [3, [4]]]], "b": {"c": [{"d": []}]}}
