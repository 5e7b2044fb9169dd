"""Songs for rhythm games: ``drumscribe chart``."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.commands.model_choice import find_model, make_transcriber, thresholds_by_drum
from drumscribe.config import load_config
from drumscribe.utils.files import require_file

if TYPE_CHECKING:
    from drumscribe.charts.song_info import SongInfo
    from drumscribe.inference.transcriber import Transcription


def chart(arguments: Namespace) -> int:
    """``drumscribe chart``."""
    audio = require_file(arguments.audio, what="audio file")
    from drumscribe.charts.song_info import song_info

    info = song_info(audio).with_known(
        title=arguments.title, artist=arguments.artist, charter=arguments.charter
    )
    folder = arguments.output or audio.with_name(_folder_name(info))
    transcription = _transcription(arguments, audio)
    if arguments.game == "dtxmania":
        from drumscribe.charts.dtx_folder import write_dtx_folder

        levels = write_dtx_folder(transcription, audio, folder, info).lane_levels
    else:
        from drumscribe.charts.pads import PadLayout
        from drumscribe.charts.song_folder import SongFolderOptions, write_song_folder

        options = SongFolderOptions(
            layout=PadLayout(ride=arguments.ride, crash=arguments.crash),
            audio_format=arguments.audio_format,
            chart_files=arguments.chart_files,
        )
        levels = write_song_folder(transcription, audio, folder, info, options).pro_levels
    counts = ", ".join(f"{name} {len(notes)}" for name, notes in levels.items())
    print(f"{folder}: {info.title or audio.stem}; notes: {counts}")
    return 0


def _transcription(arguments: Namespace, audio: Path) -> "Transcription":
    """What is to be played: the notes the user gives, or what is heard in the recording."""
    if arguments.midi is not None:
        from drumscribe.charts.midi import read_transcription_midi

        return read_transcription_midi(arguments.midi)
    from drumscribe.commands.timing_choice import timing_options
    from drumscribe.transcribe_files import transcribe_recording

    timing = timing_options(arguments)
    config = load_config(arguments.config, arguments.overrides)
    thresholds = thresholds_by_drum(arguments.threshold)
    transcriber = make_transcriber(find_model(arguments.checkpoint, config), config, thresholds)
    return transcribe_recording(transcriber, audio, timing)


def _folder_name(info: "SongInfo") -> str:
    """Artist and title, without what file systems refuse."""
    name = " - ".join(part for part in (info.artist, info.title) if part)
    return "".join("_" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name).rstrip(". ")
