"""A song that Clone Hero and YARG play: a folder with chart, ``song.ini`` and audio."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from drumscribe.charts.clone_hero_midi import write_notes_mid
from drumscribe.charts.clone_hero_text import write_notes_chart
from drumscribe.charts.game_chart import GameChart, game_chart
from drumscribe.charts.pads import PadLayout
from drumscribe.charts.rating import rating_of
from drumscribe.charts.reduction import EXPERT
from drumscribe.charts.song_audio import AudioFormat, write_song_audio
from drumscribe.charts.song_info import SongInfo
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.files import write_text

logger = logging.getLogger(__name__)

ChartFiles = Literal["both", "mid", "chart"]


@dataclass(frozen=True, slots=True)
class SongFolderOptions:
    """How a song folder is written.

    Attributes:
        layout: the colours of the cymbals.
        audio_format: Opus, or Vorbis.
        chart_files: which of ``notes.mid`` and ``notes.chart``; games play either, but charts
            are shared with one of them alone.
    """

    layout: PadLayout = field(default_factory=PadLayout)
    audio_format: AudioFormat = "opus"
    chart_files: ChartFiles = "both"


def song_files(options: SongFolderOptions) -> tuple[str, ...]:
    """Names of the files that a song's folder gets: the audio, its charts and ``song.ini``."""
    kinds = ("mid", "chart") if options.chart_files == "both" else (options.chart_files,)
    return (f"song.{options.audio_format}", *(f"notes.{kind}" for kind in kinds), "song.ini")


def write_song_folder(
    transcription: Transcription,
    audio: Path,
    folder: Path,
    info: SongInfo,
    options: SongFolderOptions | None = None,
) -> GameChart:
    """Write everything a game needs into ``folder``, which is made.

    Args:
        transcription: what was heard in ``audio``.
        audio: the recording; written again after the silence that the chart needs.
        folder: where to write.
        info: names of the song.
        options: how.

    Returns:
        The chart that was written.

    Raises:
        DrumscribeError: when something cannot be read or written.
    """
    options = options or SongFolderOptions()
    chart = game_chart(transcription, options.layout)
    audio_name, *others = song_files(options)
    write_song_audio(
        audio,
        folder / audio_name,
        audio_format=options.audio_format,
        lead_in_s=chart.lead_in_s,
    )
    if "notes.mid" in others:
        write_notes_mid(chart, folder / "notes.mid", name=info.title)
    if "notes.chart" in others:
        write_notes_chart(
            chart, folder / "notes.chart", title=info.title, artist=info.artist, audio=audio_name
        )
    write_text(folder / "song.ini", ini_text(_ini_values(chart, info)))
    _tell_leftovers(folder, options)
    return chart


def _tell_leftovers(folder: Path, options: SongFolderOptions) -> None:
    """Warn of files that were there before and that a game might take for this chart's."""
    for name in ("song.opus", "song.ogg", "notes.mid", "notes.chart"):
        if name not in song_files(options) and (folder / name).exists():
            logger.warning(
                "%s: is left from before; move or delete it, or games may read it", folder / name
            )


def ini_text(values: Mapping[str, object]) -> str:
    """The text of a ``song.ini``; what is empty is left out."""
    lines = [f"{key} = {' '.join(str(value).split())}" for key, value in values.items()]
    return "[song]\n" + "".join(f"{line}\n" for line in lines if not line.endswith("= "))


def _ini_values(chart: GameChart, info: SongInfo) -> dict[str, object]:
    sections = chart.sections[1:2] or chart.sections[:1]
    preview_s = float(chart.grid.seconds(sections[0].tick)) if sections else 0.0
    rating = rating_of(chart.pro_levels[EXPERT])
    end_s = max(chart.duration_s, float(chart.grid.seconds(chart.end_tick)))
    return {
        "name": info.title,
        "artist": info.artist,
        "album": info.album,
        "genre": info.genre,
        "year": info.year,
        "charter": info.charter,
        "song_length": int(np.ceil(1000 * end_s)),
        "preview_start_time": int(1000 * preview_s),
        "diff_drums": rating,
        "diff_drums_real": rating,
        "pro_drums": True,
        "five_lane_drums": False,
    }
