"""The formats that a transcription is exported to, from its newest hits and beats."""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from drumscribe.charts.formats import FORMATS, is_installed, suffix_of, write_format
from drumscribe.charts.song_info import song_info
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.extras import install_advice
from drumscribe.utils.files import atomic_path

_NAMES = {
    "mid": "MIDI",
    "csv": "Table (csv)",
    "json": "JSON",
    "jams": "JAMS",
    "lanes": "Lane chart",
    "musicxml": "Notation (MusicXML)",
    "svg": "Notation (SVG)",
    "pdf": "Notation (PDF)",
    "tab": "Drum tab",
    "clonehero": "Clone Hero or YARG song",
    "dtxmania": "DTXMania song",
}
_GAMES = ("clonehero", "dtxmania")


@dataclass(frozen=True)
class Export:
    """What is written.

    Attributes:
        format_id: one of ``export_formats()``.
        transcription: the hits and beats.
        recording: the audio they were heard in; songs for games hold it.
        name: what the recording was called, without suffix.
        title: what the user calls the song; may be empty.
        artist: who the user says plays it; may be empty.
    """

    format_id: str
    transcription: Transcription
    recording: Path
    name: str
    title: str
    artist: str


def export_formats() -> dict[str, str]:
    """Name for people of each format whose packages are installed, by its id."""
    return {key: _NAMES.get(key, key) for key in (*FORMATS, *_GAMES) if is_installed(key)}


def why_no_format(format_id: str) -> str:
    """What to do about a format that is none of ``export_formats()``."""
    if format_id in FORMATS:
        advice = install_advice("web,score")
        return f"{format_id} needs the extra 'score'; start the studio with it: {advice}"
    return f"there is no such format; choose of {', '.join(export_formats())}"


def extension_of(format_id: str) -> str:
    """What the names of a format's files end in, without the first dot."""
    return "zip" if format_id in _GAMES else suffix_of(format_id)


def write_export(export: Export, target: Path) -> None:
    """Write one file.

    Args:
        export: what to write.
        target: the file. Songs for games are put together in a folder beside it that is called
            alike; errors name the files in there.

    Raises:
        OSError: when there is no room for that folder, or it exists already.
        DrumscribeError: when it cannot be written, or a package for it is absent.
    """
    if export.format_id in _GAMES:
        _write_song_zip(export, target)
    else:
        write_format(export.transcription, export.format_id, target)


def _write_song_zip(export: Export, target: Path) -> None:
    """A folder that a game plays, as one file; it is unpacked where the game has its songs."""
    from drumscribe.charts.dtx_folder import write_dtx_folder
    from drumscribe.charts.song_folder import write_song_folder

    write = write_dtx_folder if export.format_id == "dtxmania" else write_song_folder
    info = song_info(export.recording, export.name).with_known(
        title=export.title, artist=export.artist
    )
    folder = target.parent / target.stem
    folder.mkdir()  # never one that was there before, as it is deleted
    try:
        write(export.transcription, export.recording, folder, info)
        with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, f"{folder.name}/{path.name}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
