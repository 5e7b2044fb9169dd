"""The shapes of the API's JSON, as OpenAPI documents them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from drumscribe.drums import LANES8
from drumscribe.inference.tempo_hints import NUMERATORS
from drumscribe.tempo import TempoMap, TimeSignature

MAX_EVENTS = 100_000
_MAX_TIME_S = 86_400.0

Lane = Annotated[str, Field(min_length=1, max_length=40)]
"""The name of a lane; those of a job are in its result."""
Time = Annotated[float, Field(ge=0, le=_MAX_TIME_S, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Created(_Model):
    """A job that was accepted."""

    id: str


class JobStatus(_Model):
    """Where a job stands."""

    id: str
    name: str
    title: str
    artist: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: Literal["waiting", "decoding", "listening", "beats", "done"]
    progress: Share
    seconds_left: float | None
    error: str | None
    duration_s: float | None
    created_at: str


class JobList(_Model):
    """Jobs, the newest first."""

    transcriptions: list[JobStatus]


class Event(_Model):
    """One hit."""

    id: int | None = Field(None, ge=0, le=2**53)
    onset_s: Time
    lane: Lane
    velocity: int = Field(ge=1, le=127)
    confidence: Share = 1.0


class Signature(_Model):
    """Bars of so many counts from a beat on."""

    first_beat: int = Field(ge=0, le=1_000_000)
    numerator: int = Field(ge=NUMERATORS[0], le=NUMERATORS[-1])
    denominator: Literal[1, 2, 4, 8, 16, 32] = 4


class Tempo(_Model):
    """Where the beats fall; ``bpm`` is derived and not read."""

    beats_s: list[Annotated[float, Field(ge=-3600, le=_MAX_TIME_S, allow_inf_nan=False)]] = Field(
        min_length=2, max_length=100_000
    )
    time_signatures: list[Signature] = Field(min_length=1, max_length=10_000)
    confidence: Share = 1.0
    is_steady: bool = False
    bpm: float | None = None

    def to_map(self) -> TempoMap:
        """The tempo map.

        Raises:
            ValueError: when beats or time signatures are out of order.
        """
        signatures = tuple(
            TimeSignature(item.first_beat, item.numerator, item.denominator)
            for item in self.time_signatures
        )
        return TempoMap(tuple(self.beats_s), signatures, self.confidence, self.is_steady)

    @field_validator("bpm")
    @classmethod
    def _derived(cls, value: float | None) -> None:
        return None


class Edits(_Model):
    """The hits as a person left them; beats and thresholds stay as they are when absent."""

    revision: int = Field(ge=0)
    events: list[Event] = Field(max_length=MAX_EVENTS)
    tempo: Tempo | None = None
    thresholds: dict[Lane, Share] | None = None


class Revision(_Model):
    """The number of an edit."""

    revision: int


class LaneInfo(_Model):
    """A lane's name in events and for people, and the lane of the eight that it is nearest to."""

    name: str
    display_name: str
    stand_in: str


class Picking(_Model):
    """How peaks are picked from activations, seconds."""

    peak_window_s: float
    min_gap_s: float


class Calibrated(_Model):
    """A lane's confidence from an activation: a line on the log-odds."""

    scale: float
    offset: float


class Result(_Model):
    """A transcription with its edits; ``found_tempo`` is the tempo without them."""

    schema_version: Literal[1] = 1
    id: str
    name: str
    duration_s: float
    revision: int
    kit: str = LANES8.name
    lanes: list[LaneInfo]
    thresholds: dict[str, float]
    chosen_thresholds: dict[str, float] | None
    picking: Picking
    calibration: dict[str, Calibrated] | None
    events: list[dict[str, object]]
    tempo: dict[str, object]
    found_tempo: dict[str, object]
    edited: bool


class Format(_Model):
    """A format of export."""

    id: str
    name: str
    extension: str


class FormatList(_Model):
    """Every format of export."""

    formats: list[Format]


class Health(_Model):
    """That the server answers."""

    status: Literal["ok"] = "ok"
    version: str


class Statistics(_Model):
    """A transcription in numbers."""

    duration_s: float
    n_events: int
    n_events_by_lane: dict[str, int]
    bpm: float
    mean_velocity: float | None


class Transcribed(_Model):
    """The answer of ``POST /transcribe``."""

    id: str
    statistics: Statistics
    download_url: str


class Problem(BaseModel):
    """Why a request was refused or failed, in one line."""

    detail: str
