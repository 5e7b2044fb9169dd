"""A transcription as a General MIDI drum track."""

from pathlib import Path

from drumscribe.data.midi_processing import MidiNote, write_midi
from drumscribe.inference.transcriber import Transcription


def write_transcription_midi(transcription: Transcription, path: Path) -> None:
    """Write the hits as a type 1 MIDI file that lasts as long as the recording.

    Args:
        transcription: what was heard.
        path: the file to write.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    kit = transcription.kit
    notes = [
        MidiNote(event.onset_s, kit[event.drum].note_written, event.velocity)
        for event in transcription.events
    ]
    write_midi(path, notes, duration_s=transcription.duration_s)
