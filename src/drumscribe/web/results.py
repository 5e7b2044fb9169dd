"""Transcriptions as the API tells them: what was heard, with the edits on top."""

import json
from typing import Any

from drumscribe.drums import LANES8, Kit, kit_by_name
from drumscribe.events import DrumEvent
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.hearing import RESULT, tempo_to_dict
from drumscribe.web.schemas import Edits, LaneInfo, Picking, Result, Statistics, Tempo
from drumscribe.web.store import Job, JobStore


def heard(store: JobStore, job: Job) -> dict[str, Any]:
    """What the worker wrote about a finished job.

    Raises:
        DrumscribeError: when the file is damaged.
    """
    path = store.job_dir(job.id) / RESULT
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        contents = None
    if not isinstance(contents, dict):
        raise DrumscribeError(
            f"{job.name}: its transcription is damaged on the server; delete it and upload it again"
        )
    return contents


def model_heard_with(store: JobStore, job: Job) -> str | None:
    """The SHA-256 of the model that a finished job was heard with.

    ``None`` where nobody knows: results of old studios do not say, others may be lost or damaged.
    """
    try:
        sha256 = heard(store, job).get("model_sha256")
    except (OSError, DrumscribeError):
        return None
    return sha256 if isinstance(sha256, str) else None


def lanes_of(found: dict[str, Any]) -> Kit:
    """The lanes of what the worker wrote; it was always the eight where it does not say."""
    return kit_by_name(found.get("kit", LANES8.name))


def result_of(store: JobStore, job: Job) -> Result:
    """A finished job's newest hits and beats, and what re-picking needs to know."""
    found = heard(store, job)
    edits = store.edits(job.id)
    kit = lanes_of(found)
    return Result(
        id=job.id,
        name=job.name,
        duration_s=found["duration_s"],
        revision=job.revision,
        kit=kit.name,
        lanes=[
            LaneInfo(name=d.name, display_name=d.display_name, stand_in=d.stand_in)
            for d in kit.classes
        ],
        thresholds=found["thresholds"],
        chosen_thresholds=edits and edits["thresholds"],
        picking=Picking(**found["picking"]),
        calibration=found["calibration"],
        events=_with_names(found["events"]) if edits is None else edits["events"],
        tempo=(edits and edits["tempo"]) or found["tempo"],
        found_tempo=found["tempo"],
        edited=edits is not None,
    )


def transcription_of(store: JobStore, job: Job) -> Transcription:
    """A finished job's newest hits and beats, as charts are written from."""
    found = heard(store, job)
    edits = store.edits(job.id)
    if edits is None:
        events = [DrumEvent(*event) for event in found["events"]]
    else:
        events = [
            DrumEvent(item["onset_s"], item["lane"], item["velocity"], item["confidence"])
            for item in edits["events"]
        ]
    kit = lanes_of(found)
    events.sort(key=lambda event: (event.onset_s, kit.index_by_name[event.drum]))
    tempo = Tempo(**((edits and edits["tempo"]) or found["tempo"])).to_map()
    return Transcription(events, kit, found["duration_s"], tempo)


def edits_to_keep(edits: Edits, lanes: Kit, duration_s: float) -> dict[str, Any]:
    """What is saved of an edit: hits in order of time, each with an id of its own.

    Args:
        edits: what was sent.
        lanes: those of the job.
        duration_s: length of its recording in seconds.

    Raises:
        ValueError: when a lane is unknown, two hits have one id, beats are out of order, or a hit
            or a time signature lies beyond the end.
    """
    _require_lanes(edits, lanes)
    _require_before_end(edits, duration_s)
    given = [event.id for event in edits.events if event.id is not None]
    if len(set(given)) < len(given):
        raise ValueError("events: two hits have the same id")
    tempo = None if edits.tempo is None else tempo_to_dict(edits.tempo.to_map())
    next_id = max(given, default=-1) + 1
    events = []
    for event in edits.events:
        values = event.model_dump()
        if event.id is None:
            values["id"], next_id = next_id, next_id + 1
        events.append(values)
    events.sort(key=lambda values: (values["onset_s"], lanes.index_by_name[values["lane"]]))
    return {"events": events, "tempo": tempo, "thresholds": edits.thresholds}


def _require_lanes(edits: Edits, lanes: Kit) -> None:
    """Refuse an edit that names other lanes than the job's.

    Raises:
        ValueError: when it does.
    """
    named = {f"thresholds.{name}": name for name in edits.thresholds or {}}
    named |= {f"events.{place}.lane": event.lane for place, event in enumerate(edits.events)}
    for key, name in named.items():
        if name not in lanes.index_by_name:
            raise ValueError(f"{key}: must be one of {', '.join(lanes.names)}")


def _require_before_end(edits: Edits, duration_s: float) -> None:
    """Refuse an edit with hits after the recording or time signatures after the beats.

    Raises:
        ValueError: when it has some.
    """
    for place, event in enumerate(edits.events):
        if round(event.onset_s, 3) > round(duration_s, 3):  # to what the message tells
            raise ValueError(
                f"events.{place}.onset_s: is beyond the recording's end at {duration_s:.3f} s"
            )
    if edits.tempo is None:
        return
    n_beats = len(edits.tempo.beats_s)
    for place, signature in enumerate(edits.tempo.time_signatures):
        last = n_beats + signature.numerator  # the first downbeat may come after a pick-up
        if signature.first_beat > last:
            key = f"tempo.time_signatures.{place}.first_beat"
            raise ValueError(f"{key}: must be 0..{last}, as there are {n_beats} beats")


def statistics_of(store: JobStore, job: Job) -> Statistics:
    """A finished job in numbers."""
    transcription = transcription_of(store, job)
    velocities = [event.velocity for event in transcription.events]
    return Statistics(
        duration_s=transcription.duration_s,
        n_events=len(velocities),
        n_events_by_lane={
            name: sum(event.drum == name for event in transcription.events)
            for name in transcription.kit.names
        },
        bpm=transcription.tempo.bpm,
        mean_velocity=sum(velocities) / len(velocities) if velocities else None,
    )


def _with_names(events: list[list[Any]]) -> list[dict[str, object]]:
    """Hits as the API tells them, numbered."""
    names = ("onset_s", "lane", "velocity", "confidence")
    return [
        {"id": number, **dict(zip(names, event, strict=True))}
        for number, event in enumerate(events)
    ]
