"""A transcription as JAMS, the annotation format of music information retrieval.

Two annotations: ``note_midi``, whose values are General MIDI notes (velocities and class names
stand in its sandbox, in the same order), and ``beat``, whose values are places in the bar.
"""

import json
from pathlib import Path
from typing import Any

from drumscribe import __version__
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.files import writable_text, write_text

JAMS_VERSION = "0.3.4"
"""Of the format's schema."""

_TIME_DIGITS = 4
_NOTE_LENGTH_S = 0.05  # strokes have no length; the format asks for one


def write_jams(transcription: Transcription, path: Path) -> None:
    """Write hits and beats; times in seconds to a tenth of a millisecond.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    contents = {
        "file_metadata": {
            "title": writable_text(path.stem),
            "artist": "",
            "release": "",
            "duration": round(transcription.duration_s, _TIME_DIGITS),
            "identifiers": {},
            "jams_version": JAMS_VERSION,
        },
        "annotations": [_notes(transcription), _beats(transcription)],
        "sandbox": {},
    }
    write_text(path, json.dumps(contents, indent=1) + "\n")


def _notes(transcription: Transcription) -> dict[str, Any]:
    events, kit = transcription.events, transcription.kit
    rows = [
        _observation(event.onset_s, kit[event.drum].note_written, event.confidence)
        | {"duration": _NOTE_LENGTH_S}
        for event in events
    ]
    sandbox = {
        "kit": kit.name,
        "drums": [event.drum for event in events],
        "velocities": [event.velocity for event in events],
    }
    return _annotation("note_midi", rows, transcription.duration_s, sandbox)


def _beats(transcription: Transcription) -> dict[str, Any]:
    tempo = transcription.tempo
    rows = [
        _observation(beat.time_s, beat.number, tempo.confidence)
        for beat in tempo.beats()
        if 0 <= beat.time_s <= transcription.duration_s
    ]
    return _annotation("beat", rows, transcription.duration_s, {})


def _observation(time_s: float, value: int, confidence: float) -> dict[str, Any]:
    return {
        "time": round(time_s, _TIME_DIGITS),
        "duration": 0.0,
        "value": value,
        "confidence": round(confidence, 3),
    }


def _annotation(
    namespace: str, rows: list[dict[str, Any]], duration_s: float, sandbox: dict[str, Any]
) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "annotation_metadata": {
            "curator": {"name": "", "email": ""},
            "annotator": {},
            "version": __version__,
            "corpus": "",
            "annotation_tools": f"drumscribe {__version__}",
            "annotation_rules": "",
            "validation": "",
            "data_source": "program",
        },
        "time": 0.0,
        "duration": round(duration_s, _TIME_DIGITS),
        "data": rows,
        "sandbox": sandbox,
    }
