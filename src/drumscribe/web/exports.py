"""The formats that a transcription is exported to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drumscribe.charts.midi import write_transcription_midi
from drumscribe.charts.tables import write_transcription_csv, write_transcription_json
from drumscribe.inference.transcriber import Transcription


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        name: for people.
        extension: of its files.
        write: writes a transcription to a path.
    """

    name: str
    extension: str
    write: Callable[[Transcription, Path], None]


EXPORT_FORMATS = {
    "mid": ExportFormat("MIDI", "mid", write_transcription_midi),
    "csv": ExportFormat("csv table", "csv", write_transcription_csv),
    "json": ExportFormat("JSON", "json", write_transcription_json),
}
