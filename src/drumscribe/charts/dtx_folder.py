"""A song that DTXMania plays: a folder with a file for each level, their list, and audio."""

from pathlib import Path

from drumscribe.charts.dtx import write_dtx, write_dtx_lines
from drumscribe.charts.game_chart import GameChart, game_chart
from drumscribe.charts.rating import HARDEST, rating_of
from drumscribe.charts.song_audio import write_song_audio
from drumscribe.charts.song_info import SongInfo
from drumscribe.inference.transcriber import Transcription

AUDIO_NAME = "bgm.ogg"
"""The song's file in the folder."""

_FILES = {
    "easy": ("BASIC", "bas.dtx"),
    "medium": ("ADVANCED", "adv.dtx"),
    "hard": ("EXTREME", "ext.dtx"),
    "expert": ("MASTER", "mas.dtx"),
}


def write_dtx_folder(
    transcription: Transcription, audio: Path, folder: Path, info: SongInfo
) -> GameChart:
    """Write everything DTXMania needs into ``folder``, which is made.

    Args:
        transcription: what was heard in ``audio``.
        audio: the recording; written again after the silence that the chart needs.
        folder: where to write.
        info: names of the song.

    Returns:
        The chart that was written.

    Raises:
        DrumscribeError: when something cannot be read or written.
    """
    chart = game_chart(transcription)
    write_song_audio(audio, folder / AUDIO_NAME, audio_format="ogg", lead_in_s=chart.lead_in_s)
    lines = [f"#TITLE: {info.title}"]
    for number, (level, (label, name)) in enumerate(_FILES.items(), 1):
        rating = round(100 * max(0, rating_of(chart.lane_levels[level])) / HARDEST)
        write_dtx(chart, folder / name, info, level=level, audio=AUDIO_NAME, rating=rating)
        lines += [f"#L{number}LABEL: {label}", f"#L{number}FILE: {name}"]
    write_dtx_lines(folder / "set.def", lines)
    return chart
