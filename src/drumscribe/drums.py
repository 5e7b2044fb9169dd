"""The kit tables: one row per drum class, everything else derived from them.

MIDI notes are General MIDI percussion as a Roland TD-17 (the module behind E-GMD) sends it.
``lanes8`` is what the game plays; ``articulations12`` tells articulations apart and folds onto the
eight lanes. A kit of more lanes than eight is its own lanes, each with a stand-in among the eight.
"""

from collections import Counter
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
        lane: the lane it folds onto: its own name, or one of ``lanes8``.
        notes_read: MIDI notes that mean this class.
        note_written: the MIDI note that writes it; always one of ``notes_read``.
        stand_in: the lane of ``lanes8`` that plays it where only those are known; its lane when
            empty.
        merged: which of the five classes that most of the literature scores the lane belongs to;
            ``None`` leaves it out of those scores.
    """

    name: str
    display_name: str
    lane: str
    notes_read: tuple[int, ...]
    note_written: int
    stand_in: str = ""
    merged: str | None = None

    def __post_init__(self) -> None:
        if not self.stand_in:
            object.__setattr__(self, "stand_in", self.lane)


@dataclass(frozen=True)
class Kit:
    """Drum classes in order; a class's place in ``classes`` is its index in every array."""

    name: str
    classes: tuple[DrumClass, ...]

    def __post_init__(self) -> None:
        _require_one_meaning(self)
        for drum in self.classes:
            _require_places(drum, self)

    @cached_property
    def lanes(self) -> "Kit":
        """The kit of the lanes it folds onto: itself where every class is its own lane."""
        return self if all(drum.lane == drum.name for drum in self.classes) else LANES8

    @cached_property
    def other_lanes(self) -> tuple[DrumClass, ...]:
        """Its lanes beyond the eight."""
        return tuple(drum for drum in self.lanes.classes if drum.name not in LANES8.index_by_name)

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


def _require_one_meaning(kit: Kit) -> None:
    """Refuse a table in which a name or a note means two classes.

    Raises:
        ValueError: when it does, or a note is none of MIDI's.
    """
    names = Counter(drum.name for drum in kit.classes)
    notes = Counter(note for drum in kit.classes for note in drum.notes_read)
    for item, n_classes in (*names.items(), *notes.items()):
        if n_classes > 1:
            raise ValueError(f"{kit.name}: {item} must mean one class, not {n_classes}")
    if not all(0 <= note <= 127 for note in notes):
        raise ValueError(f"{kit.name}: MIDI notes are 0..127, got {min(notes)}..{max(notes)}")


def _require_places(drum: DrumClass, kit: Kit) -> None:
    """Refuse a class without a lane, a lane among the eight, or a note to read it back from.

    Raises:
        ValueError: when it lacks one.
    """
    eight = tuple(lane.name for lane in _EIGHT)
    where = f"{kit.name}.{drum.name}"
    if drum.lane not in eight and any(other.lane != other.name for other in kit.classes):
        raise ValueError(
            f"{where}: its lane must be one of {', '.join(eight)}, got {drum.lane!r}; a kit has "
            "other lanes only where each of its classes is a lane of its own"
        )
    if drum.stand_in not in eight:
        raise ValueError(
            f"{where}: its stand_in must be one of {', '.join(eight)}, got {drum.stand_in!r}"
        )
    if drum.note_written not in drum.notes_read:
        raise ValueError(f"{where}: note {drum.note_written} is written, so it must be read too")


_EIGHT = (
    DrumClass("kick", "Kick", "kick", (36, 35), 36, merged="kick"),
    DrumClass("snare", "Snare", "snare", (38, 40, 37, 39), 38, merged="snare"),
    DrumClass("hihat", "Hi-hat", "hihat", (42, 22, 46, 26, 44, 54), 42, merged="hihat"),
    DrumClass("high_tom", "High tom", "high_tom", (48, 50), 50, merged="tom"),
    DrumClass("mid_tom", "Mid tom", "mid_tom", (45, 47), 47, merged="tom"),
    # 45 is the TD-17's second tom, so 41 is written and a round trip keeps its lane.
    DrumClass("low_tom", "Low tom", "low_tom", (43, 58, 41), 41, merged="tom"),
    DrumClass("crash", "Crash", "crash", (49, 55, 57, 52), 49, merged="cymbal"),
    DrumClass("ride", "Ride", "ride", (51, 59, 53), 51, merged="cymbal"),
)

LANES8 = Kit("lanes8", _EIGHT)

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
