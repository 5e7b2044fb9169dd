"""The kit tables say what the design's table says, spelled out here by hand."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from drumscribe.drums import (
    ARTICULATIONS12,
    KITS,
    LANES8,
    DrumClass,
    Kit,
    kit_by_name,
    require_same_kit,
)
from drumscribe.utils.errors import DrumscribeError

LANE_BY_NOTE = {
    35: "kick",
    36: "kick",
    37: "snare",
    38: "snare",
    39: "snare",
    40: "snare",
    22: "hihat",
    26: "hihat",
    42: "hihat",
    44: "hihat",
    46: "hihat",
    54: "hihat",
    48: "high_tom",
    50: "high_tom",
    45: "mid_tom",
    47: "mid_tom",
    41: "low_tom",
    43: "low_tom",
    58: "low_tom",
    49: "crash",
    52: "crash",
    55: "crash",
    57: "crash",
    51: "ride",
    53: "ride",
    59: "ride",
}
NOTE_WRITTEN = {
    "kick": 36,
    "snare": 38,
    "hihat": 42,
    "high_tom": 50,
    "mid_tom": 47,
    "low_tom": 41,
    "crash": 49,
    "ride": 51,
}
LANE_BY_ARTICULATION = {
    "kick": "kick",
    "snare": "snare",
    "side_stick": "snare",
    "hihat_closed": "hihat",
    "hihat_open": "hihat",
    "hihat_pedal": "hihat",
    "high_tom": "high_tom",
    "mid_tom": "mid_tom",
    "low_tom": "low_tom",
    "crash": "crash",
    "ride": "ride",
    "ride_bell": "ride",
}
every_kit = pytest.mark.parametrize("kit", KITS.values(), ids=list(KITS))


def test_the_game_has_these_eight_lanes_in_this_order() -> None:
    assert LANES8.names == tuple(NOTE_WRITTEN)
    assert len(LANES8) == 8


def test_every_note_is_read_as_the_lane_of_the_design() -> None:
    assert LANES8.name_by_note == LANE_BY_NOTE


def test_every_lane_writes_the_note_of_the_design() -> None:
    assert {drum.name: drum.note_written for drum in LANES8.classes} == NOTE_WRITTEN


def test_the_articulations_are_the_twelve_of_the_design_and_fold_onto_its_lanes() -> None:
    assert {drum.name: drum.lane for drum in ARTICULATIONS12.classes} == LANE_BY_ARTICULATION
    assert len(ARTICULATIONS12) == 12


def test_articulations_are_told_apart_by_their_notes() -> None:
    names = ARTICULATIONS12.name_by_note
    assert {note: names[note] for note in (42, 22, 46, 26, 44, 37, 53)} == {
        42: "hihat_closed",
        22: "hihat_closed",
        46: "hihat_open",
        26: "hihat_open",
        44: "hihat_pedal",
        37: "side_stick",
        53: "ride_bell",
    }


@every_kit
def test_each_note_belongs_to_one_class_only(kit: Kit) -> None:
    uses = Counter(note for drum in kit.classes for note in drum.notes_read)
    assert set(uses.values()) == {1}
    assert all(0 <= note <= 127 for note in uses)


@every_kit
def test_a_note_that_is_written_is_read_back_as_its_class(kit: Kit) -> None:
    for drum in kit.classes:
        assert kit.name_by_note[drum.note_written] == drum.name


@every_kit
def test_a_note_means_the_same_lane_wherever_it_is_read(kit: Kit) -> None:
    """All notes of the design are read; only a lane beyond the eight may take one for itself."""
    lanes = {note: kit[name].lane for note, name in kit.name_by_note.items()}
    of_the_eight = {note: lane for note, lane in lanes.items() if lane in LANES8.index_by_name}
    assert of_the_eight.items() <= LANE_BY_NOTE.items()
    assert lanes.keys() >= LANE_BY_NOTE.keys()


@every_kit
def test_every_class_folds_onto_a_lane_and_all_eight_are_covered(kit: Kit) -> None:
    assert {drum.lane for drum in kit.classes} == set(kit.lanes.names) >= set(LANES8.names)
    assert {drum.stand_in for drum in kit.classes} == set(LANES8.names)


@pytest.mark.parametrize("kit", [LANES8, ARTICULATIONS12], ids=lambda kit: kit.name)
def test_the_kits_of_eight_lanes_stand_for_themselves(kit: Kit) -> None:
    assert kit.lanes is LANES8
    assert [drum.stand_in for drum in kit.classes] == [drum.lane for drum in kit.classes]


def test_five_classes_are_scored_of_the_eight_lanes() -> None:
    assert [drum.merged for drum in LANES8.classes] == [
        *("kick", "snare", "hihat"),
        *("tom", "tom", "tom"),
        *("cymbal", "cymbal"),
    ]


def test_a_kit_of_more_lanes_is_its_own_lanes() -> None:
    cowbell = DrumClass("cowbell", "Cowbell", "cowbell", (56,), 56, stand_in="ride")
    kit = Kit("nine", (*LANES8.classes, cowbell))
    assert kit.lanes is kit
    assert kit["cowbell"].stand_in == "ride"
    assert kit.other_lanes == (cowbell,)
    assert LANES8.other_lanes == ARTICULATIONS12.other_lanes == ()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lane": "cow"}, r"made_up\.cowbell: its lane must be one of kick.*got 'cow'"),
        ({"stand_in": ""}, r"made_up\.cowbell: its stand_in must be one of kick.*got 'cowbell'"),
        ({"stand_in": "rid"}, r"made_up\.cowbell: its stand_in must be one of .*got 'rid'"),
        ({"note_written": 57}, r"made_up\.cowbell: note 57 is written, so it must be read too"),
        ({"notes_read": (56, 36)}, r"made_up: 36 must mean one class, not 2"),
        ({"notes_read": (56, 128)}, r"made_up: MIDI notes are 0\.\.127, got 22\.\.128"),
        ({"name": "kick", "lane": "kick"}, r"made_up: kick must mean one class, not 2"),
    ],
)
def test_a_table_that_is_wrong_is_refused_where_it_is_written(
    changed: dict[str, Any], message: str
) -> None:
    cowbell = DrumClass("cowbell", "Cowbell", "cowbell", (56,), 56, stand_in="ride")
    with pytest.raises(ValueError, match=message):
        Kit("made_up", (*LANES8.classes, replace(cowbell, **changed)))


@every_kit
def test_names_and_indices_are_inverse(kit: Kit) -> None:
    assert [kit.index_by_name[name] for name in kit.names] == list(range(len(kit)))
    assert [kit[name].name for name in kit.names] == list(kit.names)
    assert len({drum.display_name for drum in kit.classes}) == len(kit)


def test_kits_are_found_by_name() -> None:
    assert kit_by_name("lanes8") is LANES8
    assert kit_by_name("articulations12") is ARTICULATIONS12


def test_an_unknown_kit_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(DrumscribeError, match=r"'no_such_kit'.*lanes8, articulations12"):
        kit_by_name("no_such_kit")


def test_another_kit_or_another_order_is_refused_by_the_name_of_the_file() -> None:
    require_same_kit(list(LANES8.names), LANES8, source="model.onnx")
    swapped = (LANES8.names[1], LANES8.names[0], *LANES8.names[2:])
    for names in (ARTICULATIONS12.names, swapped, LANES8.names[:-1], ()):
        with pytest.raises(DrumscribeError, match=r"^model\.onnx: .*'lanes8'"):
            require_same_kit(names, LANES8, source="model.onnx")
