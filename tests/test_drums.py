"""The kit tables say what the design's table says, spelled out here by hand."""

from collections import Counter

import pytest

from drumscribe.drums import ARTICULATIONS12, KITS, LANES8, Kit, kit_by_name, require_same_kit
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
def test_a_note_means_the_same_lane_in_every_kit(kit: Kit) -> None:
    assert {note: kit[name].lane for note, name in kit.name_by_note.items()} == LANE_BY_NOTE


@every_kit
def test_every_class_folds_onto_a_lane(kit: Kit) -> None:
    assert {drum.lane for drum in kit.classes} == set(LANES8.names)


@every_kit
def test_names_and_indices_are_inverse(kit: Kit) -> None:
    assert [kit.index_by_name[name] for name in kit.names] == list(range(len(kit)))
    assert [kit[name].name for name in kit.names] == list(kit.names)
    assert len({drum.display_name for drum in kit.classes}) == len(kit)


def test_kits_are_found_by_name() -> None:
    assert kit_by_name("lanes8") is LANES8
    assert kit_by_name("articulations12") is ARTICULATIONS12


def test_an_unknown_kit_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(DrumscribeError, match=r"'lanes9'.*lanes8, articulations12"):
        kit_by_name("lanes9")


def test_another_kit_or_another_order_is_refused_by_the_name_of_the_file() -> None:
    require_same_kit(list(LANES8.names), LANES8, source="model.onnx")
    swapped = (LANES8.names[1], LANES8.names[0], *LANES8.names[2:])
    for names in (ARTICULATIONS12.names, swapped, LANES8.names[:-1], ()):
        with pytest.raises(DrumscribeError, match=r"^model\.onnx: .*'lanes8'"):
            require_same_kit(names, LANES8, source="model.onnx")
