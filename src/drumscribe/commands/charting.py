"""Songs for rhythm games: ``drumscribe chart``."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.commands.model_choice import (
    find_model,
    hearing_config,
    limit_threads,
    make_transcriber,
    thresholds_by_drum,
)
from drumscribe.commands.unused_options import require_unused
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file, safe_name

if TYPE_CHECKING:
    from drumscribe.charts.song_folder import SongFolderOptions
    from drumscribe.inference.transcriber import Transcription


# Options by their names in the arguments.
_OF_HEARING = (
    "bpm",
    "time_signature",
    "first_beat",
    "quantize",
    "quantize_strength",
    "threshold",
    "checkpoint",
    "config",
    "overrides",
)
_OF_MIDI = ("midi_notes",)
_OF_CLONE_HERO = ("ride", "crash", "chart_files", "audio_format")

_OF_FILES = (".mid", ".midi", ".chart", ".dtx", ".ini", ".zip")


def chart(arguments: Namespace) -> int:
    """``drumscribe chart``."""
    limit_threads()
    audio = require_file(arguments.audio, what="audio file")
    _require_folder_name(arguments.output)
    _require_options_used(arguments)
    from drumscribe.charts.song_info import song_info

    info = song_info(audio).with_known(
        title=arguments.title, artist=arguments.artist, charter=arguments.charter
    )
    names = " - ".join(part for part in (info.artist, info.title) if part)
    folder = arguments.output or audio.with_name(safe_name(names, default="song"))
    _require_folder(folder)
    _require_inputs_kept(arguments, audio, folder)
    transcription = _transcription(arguments, audio)
    if arguments.game == "dtxmania":
        from drumscribe.charts.dtx_folder import write_dtx_folder

        levels = write_dtx_folder(transcription, audio, folder, info).lane_levels
    else:
        from drumscribe.charts.song_folder import write_song_folder

        options = _song_options(arguments)
        levels = write_song_folder(transcription, audio, folder, info, options).pro_levels
    counts = ", ".join(f"{name} {len(notes)}" for name, notes in levels.items())
    print(f"{folder}: {info.title or audio.stem}; notes: {counts}")
    return 0


def _song_options(arguments: Namespace) -> "SongFolderOptions":
    """How a folder for Clone Hero is to look."""
    from drumscribe.charts.pads import PadLayout
    from drumscribe.charts.song_folder import SongFolderOptions

    return SongFolderOptions(
        layout=PadLayout(ride=arguments.ride, crash=arguments.crash),
        audio_format=arguments.audio_format,
        chart_files=arguments.chart_files,
    )


def _transcription(arguments: Namespace, audio: Path) -> "Transcription":
    """What is to be played: the notes the user gives, or what is heard in the recording."""
    if arguments.midi is not None:
        from drumscribe.charts.midi import read_articulations_midi
        from drumscribe.charts.note_maps import note_map
        from drumscribe.data.audio_processing import audio_duration_s

        notes = read_articulations_midi(arguments.midi, note_map(arguments.midi_notes))
        length_s = max(notes.duration_s, audio_duration_s(audio) or 0.0)
        return replace(notes, duration_s=length_s)
    from drumscribe.commands.timing_choice import timing_options
    from drumscribe.transcribe_files import transcribe_recording

    timing = timing_options(arguments)
    config = hearing_config(arguments)
    thresholds = thresholds_by_drum(arguments.threshold)
    transcriber = make_transcriber(find_model(arguments.checkpoint, config), config, thresholds)
    return transcribe_recording(transcriber, audio, timing)


def _require_options_used(arguments: Namespace) -> None:
    """Refuse options that would change nothing."""
    if arguments.midi is not None:
        require_unused(arguments, _OF_HEARING, "--midi charts a file's notes as they are")
    else:
        require_unused(arguments, _OF_MIDI, "there is no --midi whose notes it could tell")
    if arguments.game == "dtxmania":
        require_unused(arguments, _OF_CLONE_HERO, "--game dtxmania has no choice of it")


def _require_folder_name(output: Path | None) -> None:
    """Refuse the name of a file, which would become a folder that is called like one."""
    from drumscribe.data.audio_processing import AUDIO_SUFFIXES

    of_files = AUDIO_SUFFIXES.union(_OF_FILES)
    if output is not None and output.suffix.lower() in of_files and not output.exists():
        raise DrumscribeError(
            f"{output}: chart writes a folder for the song; leave off {output.suffix}"
        )


def _require_folder(folder: Path) -> None:
    """Refuse a folder that is a file, or lies in one."""
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise DrumscribeError(
                f"{place}: is a file, and chart writes a folder; name another with --output"
            )


def _require_inputs_kept(arguments: Namespace, audio: Path, folder: Path) -> None:
    """Refuse to write over what is charted, before the model has listened for minutes."""
    from drumscribe.charts.dtx_folder import AUDIO_NAME
    from drumscribe.charts.song_audio import require_another_file
    from drumscribe.charts.song_folder import song_files

    is_dtx = arguments.game == "dtxmania"
    written = (AUDIO_NAME,) if is_dtx else song_files(_song_options(arguments))
    for source in (audio, arguments.midi):
        if source is not None and source.exists():  # notes that are absent are told of when read
            for name in written:
                require_another_file(source, folder / name)
