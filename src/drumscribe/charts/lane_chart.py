"""A chart for any game engine: the kit's lanes as JSON, described by a JSON Schema.

Times are seconds of the recording, and beats of the tempo map in the same file. ``events`` is all
that was heard; ``levels`` is what there is to play, with chords on one time.
"""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from drumscribe.charts.hits import Hit, hits_of, playable_hits
from drumscribe.charts.reduction import levels_of
from drumscribe.drums import Kit
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap
from drumscribe.utils.files import write_text

SCHEMA_VERSION = 1
"""Grows when a reader of the old form would misread the new one."""

_TIME_DIGITS = 4
_BEAT_DIGITS = 4


def write_lane_chart(transcription: Transcription, path: Path) -> None:
    """Write the chart; times to a tenth of a millisecond.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    write_text(path, json.dumps(lane_chart(transcription), indent=1) + "\n")


def lane_chart(transcription: Transcription) -> dict[str, Any]:
    """The chart as the values of its JSON."""
    tempo = transcription.tempo
    events, kit = transcription.events, transcription.kit
    playable = playable_hits(events, kit, tempo)
    return {
        "schema_version": SCHEMA_VERSION,
        "duration_s": round(transcription.duration_s, _TIME_DIGITS),
        "lanes": list(kit.lanes.names),
        "tempo": _tempo(tempo),
        "events": [_event(hit, kit) for hit in hits_of(events, kit, tempo)],
        "levels": {
            name: [_note(hit, kit) for hit in hits]
            for name, hits in levels_of(playable, tempo).items()
        },
    }


def _tempo(tempo: TempoMap) -> dict[str, Any]:
    return {
        "bpm": round(tempo.bpm, 3),
        "is_steady": tempo.is_steady,
        "confidence": round(tempo.confidence, 3),
        "beats_s": _rounded(tempo.beats_s),
        "time_signatures": [dataclasses.asdict(signature) for signature in tempo.time_signatures],
    }


def _rounded(times_s: Iterable[float]) -> list[float]:
    return [round(time_s, 6) for time_s in times_s]


def _event(hit: Hit, kit: Kit) -> dict[str, Any]:
    return {
        "time_s": round(hit.onset_s, _TIME_DIGITS),
        "beat": round(hit.position, _BEAT_DIGITS),
        "lane": kit.lanes.index_by_name[hit.lane],
        "drum": hit.drum,
        "velocity": hit.velocity,
        "confidence": round(hit.confidence, 3),
    }


def _note(hit: Hit, kit: Kit) -> dict[str, Any]:
    return _event(hit, kit) | {
        "dynamic": hit.dynamic,
        "is_flam": hit.is_flam,
        "is_second_kick": hit.is_second_kick,
    }
