"""Standard MIDI files in and out: notes and beats in seconds, tempo and metre kept.

Reading turns a file into notes (seconds) and the beat grid
its tempo and time-signature events describe; writing does the reverse. What notes mean is not
decided here (see ``drums.py``).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

import mido
import numpy as np
import numpy.typing as npt
from mido.midifiles.meta import KeySignatureError

from drumscribe.data.tick_grid import (
    TICKS_PER_QUARTER,
    MetreChange,
    TempoChange,
    TickGrid,
    to_microseconds,
)
from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.tempo import Beat
from drumscribe.utils.arrays import IntArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path, require_file

DRUM_CHANNEL = 9
"""The percussion channel, counted from 0 (channel 10 to people)."""

DEFAULT_BPM = 120.0
"""Tempo of a MIDI file that states none, by the standard."""

_MAX_BEATS = 100_000
_MAX_BPM = 10_000
_MAX_LENGTH_S = 86_400
_FINEST_NOTE = 128

Message: TypeAlias = "mido.Message | mido.MetaMessage"
"""A message, or something that a file says of itself."""

TimedMessage: TypeAlias = "tuple[int, Message]"
"""A message and its tick from the start of the file."""

# What mido raises on damaged files; its KeySignatureError is no ValueError.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    KeySignatureError,
)


@dataclass(frozen=True, slots=True)
class MidiNote:
    """One note-on of a MIDI file.

    Attributes:
        onset_s: seconds from the start of the file.
        note: MIDI note number, 0..127.
        velocity: 1..127.
    """

    onset_s: float
    note: int
    velocity: int


@dataclass(frozen=True)
class MidiRecording:
    """What a MIDI file says: notes in order of time, tempo and metre changes, and its length."""

    notes: tuple[MidiNote, ...]
    ticks_per_beat: int
    tempo_changes: tuple[TempoChange, ...]
    metre_changes: tuple[MetreChange, ...]
    end_s: float

    @cached_property
    def grid(self) -> TickGrid:
        """Seconds of the file's ticks."""
        return TickGrid(self.ticks_per_beat, self.tempo_changes, self.metre_changes)

    def beats(self, until_s: float | None = None) -> list[Beat]:
        """The beat grid from time 0 to ``until_s`` (default: the end of the file), in seconds.

        A beat is one count of the time signature: a quarter in 4/4, an eighth in 6/8. A metre
        change starts a new bar, as the standard has it.
        """
        limit_s = self.end_s if until_s is None else until_s
        beats: list[Beat] = []
        clock = self.grid
        for index, metre in enumerate(self.metre_changes):
            following = self.metre_changes[index + 1 : index + 2]
            end_tick = following[0].tick if following else float("inf")
            step_ticks = self.ticks_per_beat * 4 / metre.denominator
            count = 0
            while (tick := metre.tick + count * step_ticks) < end_tick:
                time_s = float(clock.seconds(tick))
                if time_s > limit_s or len(beats) >= _MAX_BEATS:
                    return beats
                beats.append(Beat(time_s, count % metre.numerator + 1))
                count += 1
        return beats


@dataclass
class NoteReading:
    """Notes turned into events, and the notes that mean no class of the kit, counted."""

    events: list[DrumEvent]
    unknown_notes: Counter[int] = field(default_factory=Counter)


def read_midi(path: Path, *, drums_only: bool = False) -> MidiRecording:
    """Read a standard MIDI file.

    Notes of every channel are kept, since drum modules do not agree on one; a note-on of velocity
    0 is a note-off. Times follow the tempo map exactly.

    Args:
        path: the file.
        drums_only: keep the notes of the drum channel alone, where it has any.

    Raises:
        DrumscribeError: when the file is absent, is no MIDI file or is damaged.
    """
    require_file(path, what="MIDI file")
    try:
        midi = mido.MidiFile(path, clip=True)
        return _recording(midi, drums_only=drums_only)
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DrumscribeError(
            f"{path}: is not a readable MIDI file ({reason}); "
            "export it again as a standard .mid file"
        ) from error


def notes_to_events(
    notes: Iterable[MidiNote], kit: Kit, overrides: dict[int, str] | None = None
) -> NoteReading:
    """The drum events that ``notes`` mean in ``kit``; unknown notes are counted, not lost.

    Args:
        notes: notes with onsets >= 0 seconds.
        kit: the kit to read them as.
        overrides: class names for notes that mean something else in this file.
    """
    names = kit.name_by_note | (overrides or {})
    reading = NoteReading([])
    for note in notes:
        if note.note in names:
            reading.events.append(DrumEvent(note.onset_s, names[note.note], note.velocity))
        else:
            reading.unknown_notes[note.note] += 1
    return reading


def write_midi(
    path: Path,
    notes: Iterable[MidiNote],
    *,
    duration_s: float,
    bpm: float = DEFAULT_BPM,
    metre: tuple[int, int] = (4, 4),
    note_length_s: float = 0.05,
) -> None:
    """Write a type 1 file of one tempo and one metre, as ``write_midi_on_grid``.

    Args:
        path: the file to write.
        notes: any order; two of one pitch on the same tick become the louder one.
        duration_s: length of the file in seconds; notes that begin later lengthen it.
        bpm: constant tempo in quarter notes a minute.
        metre: time signature as (numerator, denominator).
        note_length_s: longest length of a note in seconds.
    """
    tempo = TempoChange(0, to_microseconds(60.0 / bpm))
    grid = TickGrid(TICKS_PER_QUARTER, (tempo,), (MetreChange(0, *metre),))
    write_midi_on_grid(path, notes, grid, duration_s=duration_s, note_length_s=note_length_s)


def write_midi_on_grid(
    path: Path,
    notes: Iterable[MidiNote],
    grid: TickGrid,
    *,
    duration_s: float,
    note_length_s: float = 0.05,
) -> None:
    """Write a type 1 file with a tempo track and a drum track, whole or not at all.

    A note ends after ``note_length_s``, where the next of the same pitch begins or where the file
    ends, so notes never overlap. The end-of-track marks stand at ``duration_s``, so the file lasts
    as long as the recording it was made from.

    Args:
        path: the file to write.
        notes: any order; two of one pitch on the same tick become the louder one.
        grid: ticks, tempos and metres.
        duration_s: length of the file in seconds; notes that begin later lengthen it.
        note_length_s: longest length of a note in seconds.
    """
    played = _played(notes, grid)
    end_tick = max(int(grid.ticks(duration_s)), int(played.tick.max(initial=-1)) + 1)
    messages = _note_messages(played, grid, note_length_s=note_length_s, end_tick=end_tick)
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


def _recording(midi: mido.MidiFile, *, drums_only: bool) -> MidiRecording:
    """Merge the tracks of a parsed file and put seconds on its notes."""
    if midi.type not in (0, 1) or midi.ticks_per_beat <= 0:
        raise ValueError("only files of type 0 and 1 with ticks in a beat are supported")
    if not midi.tracks:
        raise ValueError("it has no tracks")
    raw_notes: list[tuple[int, int, int]] = []
    on_drum_channel: list[tuple[int, int, int]] = []
    tempos: dict[int, float] = {0: 60.0 / DEFAULT_BPM}
    metres: dict[int, tuple[int, int]] = {0: (4, 4)}
    end_tick = 0
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity > 0:
                raw_notes.append((tick, message.note, message.velocity))
                if drums_only and message.channel == DRUM_CHANNEL:
                    on_drum_channel.append(raw_notes[-1])
            elif message.type == "set_tempo" and message.tempo > 0:
                tempos[tick] = message.tempo / 1_000_000
            elif message.type == "time_signature" and _is_metre(message):
                metres[tick] = (message.numerator, message.denominator)
        end_tick = max(end_tick, tick)
    tempo_changes = tuple(TempoChange(tick, tempos[tick]) for tick in sorted(tempos))
    metre_changes = tuple(MetreChange(tick, *metres[tick]) for tick in sorted(metres))
    clock = TickGrid(midi.ticks_per_beat, tempo_changes, metre_changes)
    _require_human(clock, end_tick)
    raw_notes = sorted(on_drum_channel or raw_notes)
    times_s = clock.seconds([tick for tick, _, _ in raw_notes]).tolist()
    return MidiRecording(
        notes=tuple(
            MidiNote(time_s, note, velocity)
            for time_s, (_, note, velocity) in zip(times_s, raw_notes, strict=True)
        ),
        ticks_per_beat=midi.ticks_per_beat,
        tempo_changes=tempo_changes,
        metre_changes=metre_changes,
        end_s=float(clock.seconds(end_tick)),
    )


def _is_metre(message: mido.MetaMessage) -> bool:
    """Whether a time signature is one that notation has; others tell of damage."""
    return bool(message.numerator > 0 and message.denominator <= _FINEST_NOTE)


def _require_human(clock: TickGrid, end_tick: int) -> None:
    """Refuse what nobody plays: it would be counted in beats for hours."""
    shortest_s = min(change.seconds_per_quarter for change in clock.tempo_changes)
    if 60.0 / shortest_s > _MAX_BPM:
        raise ValueError(f"it has a tempo of {60.0 / shortest_s:.0f}")
    end_s = float(clock.seconds(end_tick))
    if end_s > _MAX_LENGTH_S:
        raise ValueError(f"it lasts {end_s / 3600:.0f} hours")


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


def _note_messages(
    played: _Played, grid: TickGrid, *, note_length_s: float, end_tick: int
) -> Iterator[TimedMessage]:
    """Note-on and note-off messages with absolute ticks, in order, no two notes overlapping."""
    tick, pitch, velocity = played
    is_last = np.diff(pitch, append=-1) != 0
    following = np.where(is_last, end_tick, np.roll(tick, -1))
    off_tick = grid.ticks(grid.seconds(tick) + note_length_s)
    off_tick = np.minimum(np.maximum(off_tick, tick + 1), following)
    at = np.concatenate([tick, off_tick])
    is_on = np.arange(len(at)) < len(tick)
    for index in np.lexsort((is_on, at)):
        note = index % len(tick)
        kind, force = ("note_on", velocity[note]) if is_on[index] else ("note_off", 0)
        numbers = {"note": int(pitch[note]), "velocity": int(force)}
        yield int(at[index]), mido.Message(kind, channel=DRUM_CHANNEL, **numbers)
