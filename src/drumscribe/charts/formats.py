"""The files that a transcription can be written to, each by its name.

Nothing is imported before a format is written, so that naming one costs nothing.
"""

import functools
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice, missing_packages

if TYPE_CHECKING:
    from drumscribe.charts.note_maps import NoteMap
    from drumscribe.inference.transcriber import Transcription

_WRITERS = {
    "mid": ("midi", "write_transcription_midi"),
    "csv": ("tables", "write_transcription_csv"),
    "json": ("tables", "write_transcription_json"),
    "jams": ("jams", "write_jams"),
    "lanes": ("lane_chart", "write_lane_chart"),
    "musicxml": ("musicxml", "write_musicxml"),
    "svg": ("score_image", "write_score_svg"),
    "pdf": ("score_image", "write_score_pdf"),
    "tab": ("tab", "write_tab"),
}

FORMATS = tuple(_WRITERS)

_SUFFIXES = {"lanes": "lanes.json", "tab": "tab.txt"}


_PACKAGES = {"svg": ("verovio",), "pdf": ("verovio", "cairosvg", "pypdf")}


def is_installed(name: str) -> bool:
    """Whether the packages are there that writing a format needs beside the core."""
    return not missing_packages(_PACKAGES.get(name, ()))


def require_installed(names: Iterable[str]) -> None:
    """Refuse formats that cannot be written here, before a recording is listened to.

    Raises:
        DrumscribeError: naming the first of them and how to get what it needs.
    """
    for name in names:
        if missing := missing_packages(_PACKAGES.get(name, ())):
            raise DrumscribeError(f"{name} needs {', '.join(missing)}; {install_advice('score')}")


def suffix_of(name: str) -> str:
    """What the names of a format's files end in, without the first dot."""
    return _SUFFIXES.get(name, name)


@functools.cache
def _format_by_ending() -> dict[str, str]:
    """Formats by what names end in, the longest first, as a ".lanes.json" is no ".json"."""
    endings = {f".{ending}": f for f in FORMATS for ending in (f, suffix_of(f))}
    return dict(sorted(endings.items(), key=lambda item: -len(item[0])))


def known_ending(name: str) -> tuple[str, str] | None:
    """The format that a file's name ends in, and that ending with its dot; ``None`` if in none."""
    for ending, found in _format_by_ending().items():
        if name.lower().endswith(ending) and name.lower() != ending:
            return found, ending
    return None


def format_of(path: Path) -> str:
    """The format whose whole suffix a file's name ends in: ".lanes" alone is not ".lanes.json".

    Raises:
        DrumscribeError: when it is none of them.
    """
    found = known_ending(path.name)
    if found is None or found[1] != f".{suffix_of(found[0])}":
        endings = ", ".join(f".{suffix_of(name)}" for name in FORMATS)
        raise DrumscribeError(f"{path}: ends in no format's suffix; give it one of {endings}")
    return found[0]


def write_format(
    transcription: "Transcription", name: str, path: Path, note_map: "NoteMap | None" = None
) -> None:
    """Write a transcription in the format called ``name``.

    Args:
        transcription: what was heard.
        name: one of ``FORMATS``.
        path: the file to write.
        note_map: which note of a MIDI file plays each drum; General MIDI's by default.

    Raises:
        DrumscribeError: when a hit is on a drum that the kit has not, or it cannot be written.
    """
    names = transcription.kit.names
    if unknown := {event.drum for event in transcription.events}.difference(names):
        raise DrumscribeError(
            f"{path}: unknown drum {min(unknown)!r}; the kit has {', '.join(names)}"
        )
    module, function = _WRITERS[name]
    write: Callable[..., None] = getattr(import_module(f"drumscribe.charts.{module}"), function)
    if name == "mid" and note_map is not None:
        write = functools.partial(write, note_map=note_map)
    write(transcription, path)
