"""A transcription as a standard MIDI file that a sequencer lays bars over."""

from pathlib import Path

from drumscribe.charts.note_maps import GENERAL_MIDI, NoteMap
from drumscribe.charts.performance import tempo_of
from drumscribe.data.midi_processing import MidiNote, write_midi_on_grid
from drumscribe.data.tick_grid import tick_grid
from drumscribe.inference.transcriber import Transcription


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
