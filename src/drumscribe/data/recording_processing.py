"""One recording of E-GMD, from its files to features and labels on the audio's clock."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drumscribe.config import PreprocessingConfig
from drumscribe.data.alignment import (
    MAX_PHASE_S,
    Alignment,
    align,
    grid_phase_s,
    onset_strength,
)
from drumscribe.data.audio_level import levelled
from drumscribe.data.audio_processing import read_audio
from drumscribe.data.egmd import Labels, Recording, read_labels
from drumscribe.data.midi_processing import MidiNote, notes_to_events
from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.tempo import Beat
from drumscribe.timing import samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError

_MAX_LATE_SHARE = 0.1  # hits after the end of the audio, above which the MIDI is another take's
_MAX_EARLY_S = 0.02  # how early a hit may lie and still be heard where the audio starts

_NO_MIDI = "no usable MIDI"
_NO_AUDIO = "no usable audio"
FILE_PROBLEMS = frozenset({_NO_MIDI, _NO_AUDIO})
"""Kinds of ``UnusableRecordingError`` that pass when the files are mended."""


class UnusableRecordingError(DrumscribeError):
    """A recording that must be left out.

    Attributes:
        kind: the kind of reason in a few words, the same for all recordings it applies to.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True)
class LabelledRecording:
    """A recording's samples with the labels that fit them.

    Attributes:
        samples: mono at ``SAMPLE_RATE``, shape (n_samples,).
        events: hits in seconds on the audio's clock.
        beats: beats in seconds on the audio's clock, where the player has them.
        alignment: offset that was added to the MIDI's times.
        label_source: "own" or "canonical" MIDI.
        unknown_notes: notes that mean no class of the kit, counted.
        n_outside: notes left out as they lie before the audio's start or after its end.
    """

    samples: FloatArray
    events: list[DrumEvent]
    beats: list[Beat]
    alignment: Alignment
    label_source: str
    unknown_notes: Counter[int]
    n_outside: int

    @property
    def duration_s(self) -> float:
        """Length of the audio in seconds."""
        return samples_to_seconds(len(self.samples))


def label_recording(
    dataset_dir: Path, recording: Recording, kit: Kit, settings: PreprocessingConfig
) -> LabelledRecording:
    """Read a recording and put its labels on the audio's clock.

    Args:
        dataset_dir: the folder that the csv's paths start from.
        recording: the csv row.
        kit: the kit to read the notes as.
        settings: whether and how to align.

    Raises:
        UnusableRecordingError: when it must be left out, with the reason.
    """
    labels = _labels(dataset_dir, recording)
    samples = usable_samples(dataset_dir / recording.audio_filename)
    duration_s = samples_to_seconds(len(samples))
    alignment = _alignment(samples, labels.notes, settings)
    notes = _fitted(labels.notes, alignment.offset_s, duration_s)
    reading = notes_to_events(notes, kit, labels.overrides)
    return LabelledRecording(
        samples=samples,
        events=reading.events,
        beats=_fitted_beats(labels, alignment.offset_s, duration_s),
        alignment=alignment,
        label_source=labels.source,
        unknown_notes=reading.unknown_notes,
        n_outside=len(labels.notes) - len(notes),
    )


def has_usable_files(dataset_dir: Path, recording: Recording) -> bool:
    """Whether both files of a recording can be read to their ends."""
    try:
        _labels(dataset_dir, recording)
        usable_samples(dataset_dir / recording.audio_filename)
    except UnusableRecordingError:
        return False
    return True


def _labels(dataset_dir: Path, recording: Recording) -> Labels:
    try:
        return read_labels(dataset_dir, recording)
    except DrumscribeError as error:
        raise UnusableRecordingError(_NO_MIDI, str(error)) from error


def usable_samples(path: Path) -> FloatArray:
    """A recording's samples at full scale, mono at ``SAMPLE_RATE``, shape (n_samples,).

    Raises:
        UnusableRecordingError: when it cannot be decoded.
    """
    try:
        return levelled(read_audio(path))
    except DrumscribeError as error:
        raise UnusableRecordingError(_NO_AUDIO, str(error)) from error


def require_heard(times_s: Sequence[float], duration_s: float) -> None:
    """Refuse labels of which more than a few lie after the end of the audio.

    Raises:
        UnusableRecordingError: when they do; the audio is cut short, or another take's.
    """
    n_late = sum(time_s > duration_s for time_s in times_s)
    if n_late > _MAX_LATE_SHARE * len(times_s):
        raise UnusableRecordingError(
            "audio too short", f"{n_late} of {len(times_s)} hits lie after the end of the audio"
        )


def _alignment(
    samples: FloatArray, notes: Sequence[MidiNote], settings: PreprocessingConfig
) -> Alignment:
    """The offset of the audio against the MIDI, 0 when alignment is switched off."""
    if not notes:
        raise UnusableRecordingError("no hits", "the MIDI file holds no notes")
    if not settings.align_labels:
        return Alignment(0.0, 0.0)
    alignment = align(onset_strength([samples]), notes, max_offset_s=settings.max_offset_s)
    if alignment.confidence < settings.min_alignment_confidence:
        raise UnusableRecordingError(
            "not aligned", f"hits do not fit the audio (confidence {alignment.confidence:.2f})"
        )
    return alignment


def _fitted(notes: Sequence[MidiNote], offset_s: float, duration_s: float) -> list[MidiNote]:
    """The notes that can be heard, on the audio's clock; those just before its start at its start.

    An offset may put the first hits before the audio, where nobody hears them.
    """
    times_s = [note.onset_s + offset_s for note in notes]
    require_heard(times_s, duration_s)
    return [
        dataclasses.replace(note, onset_s=max(0.0, time_s))
        for note, time_s in zip(notes, times_s, strict=True)
        if -_MAX_EARLY_S <= time_s <= duration_s
    ]


def _fitted_beats(labels: Labels, offset_s: float, duration_s: float) -> list[Beat]:
    """The click's beats inside the audio, on its clock, where the player has them."""
    # Those that the shift brings in from after the end are wanted too.
    beats = labels.midi.beats(duration_s + abs(offset_s) + MAX_PHASE_S)
    shift_s = offset_s + grid_phase_s(labels.notes, beats, labels.overrides)
    placed = [Beat(beat.time_s + shift_s, beat.number) for beat in beats]
    return [beat for beat in placed if 0 <= beat.time_s <= duration_s]
