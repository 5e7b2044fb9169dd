"""A transcription as a table: csv for spreadsheets, JSON for programs."""

import csv
import io
import json
from pathlib import Path

from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.files import write_text

JSON_FORMAT_VERSION = 1

_COLUMNS = ("onset_s", "drum", "midi_note", "velocity", "confidence")


def write_transcription_csv(transcription: Transcription, path: Path) -> None:
    """Write one row per hit; times in seconds to a tenth of a millisecond.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(transcription))
    write_text(path, text.getvalue())


def write_transcription_json(transcription: Transcription, path: Path) -> None:
    """Write duration, kit and hits; times in seconds to a tenth of a millisecond.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    contents = {
        "format_version": JSON_FORMAT_VERSION,
        "duration_s": round(transcription.duration_s, 4),
        "kit": transcription.kit.name,
        "drums": list(transcription.kit.names),
        "events": _rows(transcription),
    }
    write_text(path, json.dumps(contents, indent=1) + "\n")


def _rows(transcription: Transcription) -> list[dict[str, object]]:
    return [
        {
            "onset_s": round(event.onset_s, 4),
            "drum": event.drum,
            "midi_note": transcription.kit[event.drum].note_written,
            "velocity": event.velocity,
            "confidence": round(event.confidence, 3),
        }
        for event in transcription.events
    ]
