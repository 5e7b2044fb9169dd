"""Standard MIDI files written: notes in seconds, on a grid of ticks with its tempos and metres."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import mido
import numpy as np
import numpy.typing as npt

from drumscribe.data.midi_processing import DEFAULT_BPM, MidiNote
from drumscribe.data.tick_grid import (
    TICKS_PER_QUARTER,
    MetreChange,
    TempoChange,
    TickGrid,
    to_microseconds,
)
from drumscribe.drums import DRUM_CHANNEL
from drumscribe.utils.arrays import IntArray
from drumscribe.utils.files import atomic_path

Message: TypeAlias = "mido.Message | mido.MetaMessage"
"""A message, or something that a file says of itself."""

TimedMessage: TypeAlias = "tuple[int, Message]"
"""A message and its tick from the start of the file."""

_NOTE_LENGTH_S = 0.05  # how long a drum rings is in no label


def write_midi(
    path: Path,
    notes: Iterable[MidiNote],
    *,
    duration_s: float,
    bpm: float = DEFAULT_BPM,
    metre: tuple[int, int] = (4, 4),
) -> None:
    """Write a type 1 file of one tempo and one metre, as ``write_midi_on_grid``.

    Args:
        path: the file to write.
        notes: any order; two of one pitch on the same tick become the louder one.
        duration_s: length of the file in seconds; notes that begin later lengthen it.
        bpm: constant tempo in quarter notes a minute.
        metre: time signature as (numerator, denominator).
    """
    tempo = TempoChange(0, to_microseconds(60.0 / bpm))
    grid = TickGrid(TICKS_PER_QUARTER, (tempo,), (MetreChange(0, *metre),))
    write_midi_on_grid(path, notes, grid, duration_s=duration_s)


def write_midi_on_grid(
    path: Path,
    notes: Iterable[MidiNote],
    grid: TickGrid,
    *,
    duration_s: float,
) -> None:
    """Write a type 1 file with a tempo track and a drum track, whole or not at all.

    A note ends after 50 ms, where the next of the same pitch begins or where the file
    ends, so notes never overlap. The end-of-track marks stand at ``duration_s``, so the file lasts
    as long as the recording it was made from.

    Args:
        path: the file to write.
        notes: any order; two of one pitch on the same tick become the louder one.
        grid: ticks, tempos and metres.
        duration_s: length of the file in seconds; notes that begin later lengthen it.
    """
    played = _played(notes, grid)
    end_tick = max(int(grid.ticks(duration_s)), int(played.tick.max(initial=-1)) + 1)
    messages = _note_messages(played, grid, end_tick)
    midi = mido.MidiFile(type=1, ticks_per_beat=grid.ticks_per_quarter)
    midi.tracks.append(tempo_track(grid, end_tick))
    midi.tracks.append(track_of(messages, name="Drums", end_tick=end_tick))
    with atomic_path(path) as temporary:
        midi.save(temporary)


def tempo_track(grid: TickGrid, end_tick: int, name: str = "tempo") -> Iterator[Message]:
    """The track of a file that holds its tempos and time signatures before ``end_tick``."""
    events: list[TimedMessage] = []
    for change in grid.tempo_changes:
        tempo_us = round(change.seconds_per_quarter * 1_000_000)
        events.append((change.tick, mido.MetaMessage("set_tempo", tempo=tempo_us)))
    for metre in grid.metre_changes:
        signature = mido.MetaMessage(
            "time_signature", numerator=metre.numerator, denominator=metre.denominator
        )
        events.append((metre.tick, signature))
    events.sort(key=lambda event: event[0])
    return track_of(
        [event for event in events if event[0] < end_tick], name=name, end_tick=end_tick
    )


def track_of(messages: Iterable[TimedMessage], *, name: str, end_tick: int) -> Iterator[Message]:
    """A track from messages with absolute ticks, in order, ending at ``end_tick`` or later.

    It comes message by message, which is all that mido's writer asks for: those of hours of notes
    take more memory than all else.

    Args:
        messages: none of them twice, as each is given its time.
        name: of the track.
        end_tick: where the track ends, if not with a later message.
    """
    yield mido.MetaMessage("track_name", name=name)
    now = 0
    for tick, message in messages:
        message.time = tick - now
        yield message
        now = tick
    yield mido.MetaMessage("end_of_track", time=max(0, end_tick - now))


class _Played(NamedTuple):
    """Notes as a file plays them: by pitch, then by tick, no two at once; each of shape (n,)."""

    tick: IntArray
    pitch: npt.NDArray[np.int16]
    velocity: npt.NDArray[np.int16]


def _played(notes: Iterable[MidiNote], grid: TickGrid) -> _Played:
    """The notes on their ticks, of several on one the loudest."""
    rows = ((note.onset_s, note.note, note.velocity) for note in notes)
    kinds = [("onset_s", np.float64), ("pitch", np.int16), ("velocity", np.int16)]
    table = np.fromiter(rows, np.dtype(kinds))
    tick, pitch, velocity = grid.ticks(table["onset_s"]), table["pitch"], table["velocity"]
    order = np.lexsort((-velocity, tick, pitch))
    tick, pitch, velocity = tick[order], pitch[order], velocity[order]
    is_next = (np.diff(tick, prepend=-1) != 0) | (np.diff(pitch, prepend=-1) != 0)
    return _Played(tick[is_next], pitch[is_next], velocity[is_next])


def _note_messages(played: _Played, grid: TickGrid, end_tick: int) -> Iterator[TimedMessage]:
    """Note-on and note-off messages with absolute ticks, in order, no two notes overlapping."""
    tick, pitch, velocity = played
    is_last = np.diff(pitch, append=-1) != 0
    following = np.where(is_last, end_tick, np.roll(tick, -1))
    off_tick = grid.ticks(grid.seconds(tick) + _NOTE_LENGTH_S)
    off_tick = np.minimum(np.maximum(off_tick, tick + 1), following)
    at = np.concatenate([tick, off_tick])
    is_on = np.arange(len(at)) < len(tick)
    for index in np.lexsort((is_on, at)):
        note = index % len(tick)
        kind, force = ("note_on", velocity[note]) if is_on[index] else ("note_off", 0)
        numbers = {"note": int(pitch[note]), "velocity": int(force)}
        yield int(at[index]), mido.Message(kind, channel=DRUM_CHANNEL, **numbers)
