"""Which MIDI note plays each drum: General MIDI, a Roland TD-17, or the user's own table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumscribe.drums import KITS, Kit
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.files import require_file
from drumscribe.utils.schema import shortened
from drumscribe.utils.yaml_text import parse_yaml


@dataclass(frozen=True)
class NoteMap:
    """MIDI notes by class name; a drum it does not name is played by its lane's note.

    Attributes:
        name: what the user calls it.
        notes: MIDI note by class name of a kit; the kit's own notes where it names neither the
            drum nor its lane.
    """

    name: str
    notes: Mapping[str, int] = field(default_factory=dict)

    def note(self, drum: str, kit: Kit) -> int:
        """The MIDI note of a drum of ``kit``."""
        lane = kit[drum].lane
        return self.notes.get(drum, self.notes.get(lane, kit[drum].note_written))

    def drums_by_note(self, kit: Kit) -> dict[int, str]:
        """The drum that each note of a file written with this map means.

        Of several, the first of those that the map names, by themselves or by their lane.
        """
        unnamed_first = sorted(
            reversed(kit.names),
            key=lambda drum: drum in self.notes or kit[drum].lane in self.notes,
        )
        return {self.note(drum, kit): drum for drum in unnamed_first}


GENERAL_MIDI = NoteMap("gm")
"""The notes of the kit tables, which every General MIDI player understands."""

TD17 = NoteMap("td17", {"high_tom": 48, "mid_tom": 45, "low_tom": 43})
"""The notes that a Roland TD-17 sends from the heads of its pads."""

_BUILT_IN = {note_map.name: note_map for note_map in (GENERAL_MIDI, TD17)}


def note_map(option: str) -> NoteMap:
    """The table called ``option``, or the one in the YAML file of that name.

    Raises:
        DrumscribeError: when there is no such table, or the file is no table of notes.
    """
    if option in _BUILT_IN:
        return _BUILT_IN[option]
    path = Path(option)
    if path.suffix not in {".yaml", ".yml"}:
        raise DrumscribeError(
            f"{option}: no such note table; name {', '.join(_BUILT_IN)} or a .yaml file"
        )
    require_file(path, what="note table")
    text = path.read_text(encoding="utf-8", errors="replace")
    with naming(str(path)):
        return NoteMap(path.stem, _checked(parse_yaml(text)))


def _checked(contents: object) -> dict[str, int]:
    """The notes of a table the user wrote."""
    if not isinstance(contents, dict) or not contents:
        raise DrumscribeError("must hold lines 'drum: note', as 'kick: 36'")
    known = tuple(dict.fromkeys(name for kit in KITS.values() for name in kit.names))
    for drum, note in contents.items():
        if drum not in known:
            raise DrumscribeError(f"unknown drum {drum!r}; choose of {', '.join(known)}")
        if not isinstance(note, int) or isinstance(note, bool) or not 0 <= note <= 127:
            raise DrumscribeError(f"{drum}: must be a MIDI note 0..127, got {shortened(note)}")
    return contents
