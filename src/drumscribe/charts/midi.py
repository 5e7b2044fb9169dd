"""A transcription as a standard MIDI file that a sequencer lays bars over."""

from pathlib import Path

from drumscribe.charts.note_maps import GENERAL_MIDI, NoteMap
from drumscribe.charts.performance import tempo_of
from drumscribe.data.midi_processing import (
    MidiNote,
    MidiRecording,
    notes_to_events,
    read_midi,
    write_midi_on_grid,
)
from drumscribe.data.tick_grid import tick_grid
from drumscribe.drums import LANES8, Kit
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap, TimeSignature
from drumscribe.utils.errors import DrumscribeError


def write_transcription_midi(
    transcription: Transcription, path: Path, note_map: NoteMap = GENERAL_MIDI
) -> None:
    """Write the hits as a type 1 MIDI file that lasts as long as the recording.

    Seconds are those of the recording, to a millisecond; tempo and time signature follow the
    transcription's tempo map, so that bar lines fall on downbeats.

    Args:
        transcription: what was heard.
        path: the file to write.
        note_map: which note plays each drum.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    notes = [
        MidiNote(event.onset_s, note_map.note(event.drum, transcription.kit), event.velocity)
        for event in transcription.events
    ]
    grid = tick_grid(tempo_of(transcription))
    write_midi_on_grid(path, notes, grid, duration_s=transcription.duration_s)


def read_transcription_midi(
    path: Path, kit: Kit = LANES8, note_map: NoteMap = GENERAL_MIDI
) -> Transcription:
    """The hits and bars of a MIDI file, as if they had been heard.

    Args:
        path: the file.
        kit: the kit to read it as.
        note_map: which note plays each drum; others are read by the kit's own table.

    Raises:
        DrumscribeError: when it is no MIDI file, or holds no drums.
    """
    recording = read_midi(path)
    reading = notes_to_events(recording.notes, kit, note_map.drums_by_note(kit))
    if recording.notes and not reading.events:
        raise DrumscribeError(f"{path}: holds no notes of drums; choose another file or note table")
    tempo = _tempo_of_midi(recording)
    return Transcription(reading.events, kit, recording.end_s, tempo)


def _tempo_of_midi(recording: MidiRecording) -> TempoMap:
    """The beats that a file's tempos and time signatures describe."""
    beats = recording.beats(recording.end_s + 1.0)
    clock = recording.grid
    signatures = []
    for metre in recording.metre_changes:
        start_s = float(clock.seconds(metre.tick)) - 1e-9
        first = next((i for i, beat in enumerate(beats) if beat.time_s >= start_s), None)
        if first is not None:
            signatures.append(TimeSignature(first, metre.numerator, metre.denominator))
    while len(beats) < 2:
        beats = recording.beats(2 * recording.end_s + 30.0)
    return TempoMap(tuple(beat.time_s for beat in beats), tuple(signatures))
