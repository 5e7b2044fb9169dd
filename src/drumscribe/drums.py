"""The kit tables: one row per drum class, everything else derived from them.

MIDI notes are General MIDI percussion as a Roland TD-17 (the module behind E-GMD) sends it.
``lanes8`` is what the game plays; ``articulations12`` tells articulations apart and folds onto the
eight lanes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from drumscribe.utils.errors import DrumscribeError

DRUM_CHANNEL = 9
"""MIDI's percussion channel, counted from 0 (channel 10 to people)."""


@dataclass(frozen=True, slots=True)
class DrumClass:
    """One class of a kit.

    Attributes:
        name: short name, used in events, files and options ("high_tom").
        display_name: name for people ("High tom").
        lane: the lane of ``lanes8`` it folds onto.
        notes_read: MIDI notes that mean this class.
        note_written: the MIDI note that writes it; always one of ``notes_read``.
    """

    name: str
    display_name: str
    lane: str
    notes_read: tuple[int, ...]
    note_written: int


@dataclass(frozen=True)
class Kit:
    """Drum classes in order; a class's place in ``classes`` is its index in every array."""

    name: str
    classes: tuple[DrumClass, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Class names in index order."""
        return tuple(drum.name for drum in self.classes)

    @cached_property
    def index_by_name(self) -> dict[str, int]:
        """Class index of each class name."""
        return {drum.name: index for index, drum in enumerate(self.classes)}

    @cached_property
    def name_by_note(self) -> dict[int, str]:
        """Class name of each MIDI note that is read."""
        return {note: drum.name for drum in self.classes for note in drum.notes_read}

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, name: str) -> DrumClass:
        return self.classes[self.index_by_name[name]]


LANES8 = Kit(
    "lanes8",
    (
        DrumClass("kick", "Kick", "kick", (36, 35), 36),
        DrumClass("snare", "Snare", "snare", (38, 40, 37, 39), 38),
        DrumClass("hihat", "Hi-hat", "hihat", (42, 22, 46, 26, 44, 54), 42),
        DrumClass("high_tom", "High tom", "high_tom", (48, 50), 50),
        DrumClass("mid_tom", "Mid tom", "mid_tom", (45, 47), 47),
        # 45 is the TD-17's second tom, so 41 is written and a round trip keeps its lane.
        DrumClass("low_tom", "Low tom", "low_tom", (43, 58, 41), 41),
        DrumClass("crash", "Crash", "crash", (49, 55, 57, 52), 49),
        DrumClass("ride", "Ride", "ride", (51, 59, 53), 51),
    ),
)

ARTICULATIONS12 = Kit(
    "articulations12",
    (
        DrumClass("kick", "Kick", "kick", (36, 35), 36),
        DrumClass("snare", "Snare", "snare", (38, 40, 39), 38),
        DrumClass("side_stick", "Side stick", "snare", (37,), 37),
        DrumClass("hihat_closed", "Closed hi-hat", "hihat", (42, 22, 54), 42),
        DrumClass("hihat_open", "Open hi-hat", "hihat", (46, 26), 46),
        DrumClass("hihat_pedal", "Pedal hi-hat", "hihat", (44,), 44),
        DrumClass("high_tom", "High tom", "high_tom", (48, 50), 50),
        DrumClass("mid_tom", "Mid tom", "mid_tom", (45, 47), 47),
        DrumClass("low_tom", "Low tom", "low_tom", (43, 58, 41), 41),
        DrumClass("crash", "Crash", "crash", (49, 55, 57, 52), 49),
        DrumClass("ride", "Ride", "ride", (51, 59), 51),
        DrumClass("ride_bell", "Ride bell", "ride", (53,), 53),
    ),
)

KITS: dict[str, Kit] = {kit.name: kit for kit in (LANES8, ARTICULATIONS12)}

MERGED_CLASS = {
    "kick": "kick",
    "snare": "snare",
    "hihat": "hihat",
    "high_tom": "tom",
    "mid_tom": "tom",
    "low_tom": "tom",
    "crash": "cymbal",
    "ride": "cymbal",
}
"""The five classes that most of the literature scores, for each of the eight lanes."""


def kit_by_name(name: str) -> Kit:
    """The kit called ``name``.

    Raises:
        DrumscribeError: when there is no such kit.
    """
    if name not in KITS:
        raise DrumscribeError(f"unknown kit {name!r}; choose one of {', '.join(KITS)}")
    return KITS[name]


def require_same_kit(names: Iterable[str], kit: Kit, *, source: str) -> None:
    """Refuse a store or a model whose class indices mean other drums than ``kit``'s.

    Raises:
        DrumscribeError: when ``names`` are not the classes of ``kit`` in order.
    """
    found = tuple(names)
    if found != kit.names:
        raise DrumscribeError(
            f"{source}: made for the classes {', '.join(found)}, "
            f"but the kit {kit.name!r} has {', '.join(kit.names)}; use a matching kit"
        )
