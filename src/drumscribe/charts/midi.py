"""A transcription as a standard MIDI file that a sequencer lays bars over."""

import logging
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import gcd
from pathlib import Path

from drumscribe.charts.note_maps import GENERAL_MIDI, NoteMap
from drumscribe.data.midi_processing import MidiNote, MidiRecording, notes_to_events, read_midi
from drumscribe.data.midi_writing import write_midi_on_grid
from drumscribe.data.tick_grid import MetreChange, tick_grid
from drumscribe.drums import ARTICULATIONS12, LANES8, Kit
from drumscribe.events import fold_to_eight
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap, TimeSignature
from drumscribe.utils.errors import DrumscribeError

logger = logging.getLogger(__name__)

_SAME_TIME_S = 1e-6
_BEATS_BEYOND_S = 140.0  # two whole notes of the slowest tempo, which make a map of any file
_FINE_TICKS = 32  # of them in a file's tick, any note down to a 128th is a whole number
_FINEST_CUT = 32  # scores have no shorter notes; half of one, 31 ms at 120 BPM, is no beat
_GAME_PART = "PART "  # how the names of tracks for games begin


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
    notes = (
        MidiNote(event.onset_s, note_map.note(event.drum, transcription.kit), event.velocity)
        for event in transcription.events
    )
    grid = tick_grid(transcription.tempo)
    write_midi_on_grid(path, notes, grid, duration_s=transcription.duration_s)


def read_transcription_midi(
    path: Path, kit: Kit = LANES8, note_map: NoteMap = GENERAL_MIDI
) -> Transcription:
    """The hits and bars of a MIDI file, as if they had been heard.

    Of a file with notes on the drum channel, channel 10, the others are not read: they are other
    instruments. Notes that mean no drum are counted in the log.

    Args:
        path: the file.
        kit: the kit to read it as.
        note_map: which note plays each drum; others are read by the kit's own table.

    Raises:
        DrumscribeError: when it is no MIDI file, holds no drums, or is a game's chart.
    """
    recording = read_midi(path, drums_only=True)
    if any(name.startswith(_GAME_PART) for name in recording.track_names):
        raise DrumscribeError(
            f"{path}: is a game's chart, whose notes are colours and no drums; correct the MIDI "
            "file that 'drumscribe transcribe' writes, and chart that"
        )
    reading = notes_to_events(recording.notes, kit, note_map.drums_by_note(kit))
    if recording.notes and not reading.events:
        raise DrumscribeError(f"{path}: holds no notes of drums; choose another file or note table")
    if reading.unknown_notes:
        counts = ", ".join(f"{note} ({n})" for note, n in sorted(reading.unknown_notes.items()))
        logger.warning("%s: left out notes that mean no drum, with their number: %s", path, counts)
    try:
        tempo = _tempo_of_midi(recording)
    except ValueError as error:  # beats that nobody counts
        raise DrumscribeError(f"{path}: its bars cannot be read ({error})") from error
    return Transcription(reading.events, kit, recording.end_s, tempo)


def read_articulations_midi(path: Path, note_map: NoteMap = GENERAL_MIDI) -> Transcription:
    """The same with open, closed and pedal hats told apart, where the file has more than one.

    In a file of closed hats alone they may be open too: a model of eight lanes writes no others.

    Raises:
        DrumscribeError: as ``read_transcription_midi``.
    """
    heard = read_transcription_midi(path, ARTICULATIONS12, note_map)
    if {event.drum for event in heard.events} & {"hihat_open", "hihat_pedal"}:
        return heard
    return replace(heard, events=fold_to_eight(heard.events, heard.kit), kit=LANES8)


def _tempo_of_midi(recording: MidiRecording) -> TempoMap:
    """The beats that a file's tempos and time signatures describe.

    A short bar at the start, of a metre of its own, is the pick-up of the metre that follows.
    """
    recording = _with_metres_on_notes(_in_fine_ticks(recording))
    n_pickups = int(_has_pickup(recording))
    recording = replace(recording, metre_changes=tuple(_with_cut_bars(recording)))
    metres = recording.metre_changes[n_pickups:]
    start_s = float(recording.grid.seconds(metres[0].tick)) - _SAME_TIME_S
    beats_s = [
        beat.time_s
        for beat in recording.beats(recording.end_s + _BEATS_BEYOND_S)
        if beat.time_s >= start_s
    ]
    signatures = []
    for metre in metres:
        metre_s = float(recording.grid.seconds(metre.tick)) - _SAME_TIME_S
        if metre_s <= beats_s[-1]:
            first = bisect_left(beats_s, metre_s)
            signatures.append(TimeSignature(first, metre.numerator, metre.denominator))
    return TempoMap(tuple(beats_s), tuple(signatures))


def _in_fine_ticks(recording: MidiRecording) -> MidiRecording:
    """The same on ticks of which every note that a time signature can count has a whole number."""
    return replace(
        recording,
        ticks_per_beat=_FINE_TICKS * recording.ticks_per_beat,
        tempo_changes=tuple(replace(c, tick=_FINE_TICKS * c.tick) for c in recording.tempo_changes),
        metre_changes=tuple(replace(c, tick=_FINE_TICKS * c.tick) for c in recording.metre_changes),
    )


def _with_metres_on_notes(recording: MidiRecording) -> MidiRecording:
    """The same with each metre a whole number of 32nd notes, or of finer counts, after the last.

    A file may have it on any tick, as one after the bar line. A beat of that tick would need a
    tempo that nobody plays.
    """
    metres = [recording.metre_changes[0]]
    for metre in recording.metre_changes[1:]:
        here = metres[-1]
        note_ticks = 4 * recording.ticks_per_beat // max(here.denominator, _FINEST_CUT)
        n_notes = max(0, round((metre.tick - here.tick) / note_ticks))
        if not n_notes:
            metres.pop()
        metres.append(replace(metre, tick=here.tick + n_notes * note_ticks))
    return replace(recording, metre_changes=tuple(metres))


def _with_cut_bars(recording: MidiRecording) -> Iterator[MetreChange]:
    """Its metres, and one for each bar that the next cuts short: 2/4 after six beats of 4/4.

    So each begins on a bar line of the one before, as a tempo map needs it. A beat that is cut is a
    bar of its own, 1/8 for half a quarter: so the beats before it stay what they are.
    """
    whole_ticks = 4 * recording.ticks_per_beat
    for here, following in pairwise(recording.metre_changes):
        count_ticks = whole_ticks // here.denominator
        n_ticks = following.tick - here.tick
        n_cut_ticks = n_ticks % (here.numerator * count_ticks)
        n_counts, n_part_ticks = divmod(n_cut_ticks, count_ticks)
        if n_ticks > n_cut_ticks:
            yield here
        if n_counts:
            yield MetreChange(following.tick - n_cut_ticks, n_counts, here.denominator)
        if n_part_ticks:
            note_ticks = gcd(n_part_ticks, count_ticks)
            n_notes, denominator = n_part_ticks // note_ticks, whole_ticks // note_ticks
            yield MetreChange(following.tick - n_part_ticks, n_notes, denominator)
    yield recording.metre_changes[-1]


def _has_pickup(recording: MidiRecording) -> bool:
    """Whether the first metre is that of one bar, and a shorter one than the next."""
    if len(recording.metre_changes) < 2:
        return False
    first, second = recording.metre_changes[:2]
    quarters = [4 * metre.numerator / metre.denominator for metre in (first, second)]
    length_ticks = quarters[0] * recording.ticks_per_beat
    return first.tick + length_ticks == second.tick and quarters[0] < quarters[1]
