"""Standard MIDI files read: notes in seconds, and the beat grid of their tempos and metres.

Writing is ``midi_writing.py``. What notes mean is not decided here (see ``drums.py``).
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import mido
import numpy as np
from mido.midifiles.meta import KeySignatureError

from drumscribe.data.tick_grid import (
    MetreChange,
    TempoChange,
    TickGrid,
)
from drumscribe.drums import DRUM_CHANNEL, Kit
from drumscribe.events import DrumEvent
from drumscribe.tempo import Beat
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

DEFAULT_BPM = 120.0
"""Tempo of a MIDI file that states none, by the standard."""

_MAX_BEATS = 100_000
_MAX_BPM = 10_000
_MAX_LENGTH_S = 86_400
_FINEST_NOTE = 128

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
    """What a MIDI file says: notes in order of time, tempo and metre changes, length, tracks."""

    notes: tuple[MidiNote, ...]
    ticks_per_beat: int
    tempo_changes: tuple[TempoChange, ...]
    metre_changes: tuple[MetreChange, ...]
    end_s: float
    track_names: tuple[str, ...]

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
        limit_tick = int(self.grid.ticks(limit_s)) + 1
        for index, metre in enumerate(self.metre_changes):
            following = self.metre_changes[index + 1 : index + 2]
            end_tick = min([*(change.tick for change in following), limit_tick])
            step_ticks = self.ticks_per_beat * 4 / metre.denominator
            n_beats = min(math.ceil((end_tick - metre.tick) / step_ticks), _MAX_BEATS - len(beats))
            times_s = self.grid.seconds(metre.tick + np.arange(n_beats) * step_ticks)
            beats += [
                Beat(time_s, count % metre.numerator + 1)
                for count, time_s in enumerate(times_s[times_s <= limit_s].tolist())
            ]
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


def _recording(midi: mido.MidiFile, *, drums_only: bool) -> MidiRecording:
    """Merge the tracks of a parsed file and put seconds on its notes."""
    if midi.type not in (0, 1) or midi.ticks_per_beat <= 0:
        raise ValueError("only files of type 0 and 1 with ticks in a beat are supported")
    if not midi.tracks:
        raise ValueError("it has no tracks")
    merged = _merged(midi.tracks)
    tempo_changes = tuple(TempoChange(tick, merged.tempos[tick]) for tick in sorted(merged.tempos))
    metre_changes = tuple(MetreChange(tick, *merged.metres[tick]) for tick in sorted(merged.metres))
    clock = TickGrid(midi.ticks_per_beat, tempo_changes, metre_changes)
    _require_human(clock, merged.end_tick)
    notes = sorted((drums_only and merged.drum_notes) or merged.notes)
    times_s = clock.seconds([tick for tick, _, _ in notes]).tolist()
    return MidiRecording(
        notes=tuple(
            MidiNote(time_s, note, velocity)
            for time_s, (_, note, velocity) in zip(times_s, notes, strict=True)
        ),
        ticks_per_beat=midi.ticks_per_beat,
        tempo_changes=tempo_changes,
        metre_changes=metre_changes,
        end_s=float(clock.seconds(merged.end_tick)),
        track_names=tuple(track.name for track in midi.tracks),
    )


@dataclass
class _Merged:
    """What all tracks of a file hold, on ticks.

    Attributes:
        notes: tick, note and velocity of each.
        drum_notes: those of the drum channel.
        tempos: seconds of a quarter note from a tick on.
        metres: numerator and denominator from a tick on.
        end_tick: where the longest track ends.
    """

    notes: list[tuple[int, int, int]] = field(default_factory=list)
    drum_notes: list[tuple[int, int, int]] = field(default_factory=list)
    tempos: dict[int, float] = field(default_factory=lambda: {0: 60.0 / DEFAULT_BPM})
    metres: dict[int, tuple[int, int]] = field(default_factory=lambda: {0: (4, 4)})
    end_tick: int = 0


def _merged(tracks: Iterable[mido.MidiTrack]) -> _Merged:
    merged = _Merged()
    for track in tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity > 0:
                merged.notes.append((tick, message.note, message.velocity))
                if message.channel == DRUM_CHANNEL:
                    merged.drum_notes.append(merged.notes[-1])
            elif message.type == "set_tempo" and message.tempo > 0:
                merged.tempos[tick] = message.tempo / 1_000_000
            elif message.type == "time_signature" and _is_metre(message):
                merged.metres[tick] = (message.numerator, message.denominator)
        merged.end_tick = max(merged.end_tick, tick)
    return merged


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
