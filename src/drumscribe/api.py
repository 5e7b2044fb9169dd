"""What other programs use; ``import drumscribe`` offers all of it.

Example:
    >>> import drumscribe
    >>> heard = drumscribe.transcribe("song.ogg")
    >>> [(hit.onset_s, hit.drum, hit.velocity) for hit in heard.events]
    >>> drumscribe.save(heard, "song.mid")
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from drumscribe.charts.formats import format_of, write_format
from drumscribe.config import InferenceConfig
from drumscribe.events import DrumEvent
from drumscribe.inference.tempo_hints import NO_HINTS, TempoHints
from drumscribe.inference.transcriber import Transcriber, Transcription
from drumscribe.models.bundled import bundled_path
from drumscribe.models.frame_model import FrameModel
from drumscribe.models.load import load_model
from drumscribe.tempo import TempoMap
from drumscribe.utils.errors import DrumscribeError

__all__ = [
    "DrumEvent",
    "DrumscribeError",
    "TempoHints",
    "TempoMap",
    "Transcriber",
    "Transcription",
    "load",
    "save",
    "transcribe",
]


def load(
    model: str | PathLike[str] | None = None, *, thresholds: Mapping[str, float] | None = None
) -> Transcriber:
    """A transcriber for many recordings; loading it once saves time.

    Args:
        model: a ``.ckpt`` or ``.onnx`` file; the bundled model by default.
        thresholds: thresholds 0..1 that replace the model's own, by name of the drum.

    Raises:
        DrumscribeError: when the model is absent or damaged, or a threshold names no drum of it.
    """
    return Transcriber(_frame_model(model), InferenceConfig(), thresholds)


def transcribe(
    audio: str | PathLike[str],
    model: str | PathLike[str] | None = None,
    *,
    hints: TempoHints = NO_HINTS,
) -> Transcription:
    """What the drums of a recording play.

    Args:
        audio: a wav, flac, mp3, ogg or other audio file, of any length.
        model: a ``.ckpt`` or ``.onnx`` file; the bundled model by default.
        hints: what is known of the recording's tempo and bars.

    Returns:
        The hits, in order of time, and the tempo map.

    Raises:
        DrumscribeError: when the recording cannot be decoded, the hints do not fit it, or the model
            cannot be loaded.
    """
    return load(model).transcribe(audio, hints=hints)


def save(transcription: Transcription, path: str | PathLike[str]) -> None:
    """Write a transcription in the format that the file's name ends in.

    Args:
        transcription: what was heard.
        path: ends in ``.mid``, ``.csv``, ``.json``, ``.jams``, ``.lanes.json``, ``.musicxml``,
            ``.svg``, ``.pdf`` or ``.tab.txt``.

    Raises:
        DrumscribeError: when it ends in something else, a hit is on a drum that the kit has not,
            or it cannot be written.
    """
    target = Path(path)
    write_format(transcription, format_of(target), target)


def _frame_model(model: str | PathLike[str] | None) -> FrameModel:
    return load_model(bundled_path() if model is None else Path(model))
