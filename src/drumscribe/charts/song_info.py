"""What a song is called: from the audio file's tags, its name, or what the user says."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumscribe.data.audio_processing import soundfile_name
from drumscribe.utils.files import writable_text

# "03 Title", "12. Title" and "7 - Title", but neither "50 Cent" nor "99 Problems".
_NUMBERED = re.compile(r"^(?:0\d{1,2}[ .-]+|\d{1,3}(?:\. ?| ?- ))(?=\D)")
# "12-Title" and "12_Title", but not "50_Cent_-_Title", where each "_" is a space.
_NUMBER_JOINED = re.compile(r"^\d{1,3}(?:-|_(?!.*_-_))(?=[^\d\s_-])")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class SongInfo:
    """Names of a song; empty where nobody knows."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    year: str = ""
    charter: str = "drumscribe"

    def with_known(self, **known: str | None) -> "SongInfo":
        """The same with what is known better; ``None`` and empty text change nothing."""
        return replace(self, **{name: text for name, text in known.items() if text})


def song_info(audio: Path, name: str | None = None) -> SongInfo:
    """What the tags of an audio file say; its name where they do not say title or artist.

    "Artist - Title" and "03 Title" are understood. A file that cannot be read has a name still.

    Args:
        audio: the file.
        name: what people call it, without suffix; ``None`` for what the disk does.
    """
    tags = {
        key.lower(): writable_text(" ".join(text.split()))
        for key, text in _tags(audio).items()
        if text
    }
    name = writable_text(name or audio.stem)
    stem = _NUMBERED.sub("", _NUMBER_JOINED.sub("", name).replace("_", " ")).strip() or name
    artist, _, title = stem.partition(" - ") if " - " in stem else ("", "", stem)
    year = _YEAR.search(tags.get("date", ""))
    return SongInfo(
        title=tags.get("title") or title,
        artist=tags.get("artist") or (artist if not tags.get("title") else ""),
        album=tags.get("album", ""),
        genre=tags.get("genre", ""),
        year=year[0] if year else "",
    )


def _tags(audio: Path) -> dict[str, str]:
    """Tags by name, as libsndfile or FFmpeg reads them."""
    import soundfile

    try:
        with soundfile.SoundFile(soundfile_name(audio)) as file:
            return dict(file.copy_metadata())
    except (soundfile.LibsndfileError, RuntimeError):
        return _tags_by_av(audio)


def _tags_by_av(audio: Path) -> dict[str, str]:
    try:
        import av
    except ImportError:
        return {}
    try:
        with av.open(f"file:{audio}") as container:
            metadata: Any = container.metadata
            return dict(metadata)
    except (av.FFmpegError, OSError, ValueError):
        return {}
