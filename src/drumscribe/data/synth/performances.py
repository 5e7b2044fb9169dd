"""Which performances a synthetic dataset holds: generated from grooves, or read from MIDI files.

Conventions: a performance belongs to one split with all its recordings. Its identity is E-GMD's:
drummer, session and a number in the session.
"""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumscribe.data.egmd_csv import SPLIT_BY_EGMD_NAME
from drumscribe.data.midi_processing import MidiNote, read_midi
from drumscribe.data.synth.grooves import RING_S, bar_seconds, bars_for, play_groove
from drumscribe.data.synth.kits import SYNTH_ARTICULATION_BY_NOTE, made_up_articulations
from drumscribe.data.synth.patterns import GROOVES
from drumscribe.data.synth.percussion import play_percussion
from drumscribe.drums import LANES8, Kit
from drumscribe.utils.errors import DrumscribeError

_HELD_OUT_SHARE = 0.2
_N_DRUMMERS = 3
_INDEX_FILE = "info.csv"
# Groove MIDI names its files <session folder>/<n>_<style>_<bpm>_<beat|fill>_<4-4>.mid.
_GROOVE_MIDI_FILE = re.compile(
    r"(?P<session>drummer\d+/\w+)/(?P<number>\d+)_(?P<style>[^_/]+)_\d+"
    r"_(?P<beat_type>beat|fill)_\d+-\d+\.midi?"
)


@dataclass(frozen=True)
class SynthPerformance:
    """What is played, before it is recorded with a kit.

    Attributes:
        session: drummer and session, "drummer1/session2".
        number: number in the session, from 1.
        style: "funk/ghost".
        bpm: quarter notes a minute.
        beat_type: "beat" or "fill".
        metre: (numerator, denominator).
        split: as E-GMD's csv calls it.
        notes: in order of time, onsets in seconds; the first bar starts at 0.
        duration_s: length in seconds, the last sounds included.
        n_unplayed: notes left out because no synthetic piece plays them.
    """

    session: str
    number: int
    style: str
    bpm: float
    beat_type: str
    metre: tuple[int, int]
    split: str
    notes: tuple[MidiNote, ...]
    duration_s: float
    n_unplayed: int = 0


def generated_performances(
    n: int, *, duration_s: float, seed: int, drums: Kit = LANES8
) -> list[SynthPerformance]:
    """``n`` performances of the written grooves, at least three.

    Every third of a split is a short piece of fills, a third as long; in all others every lane
    is hit.

    Args:
        n: how many.
        duration_s: length of each in seconds, to the nearest bar.
        seed: chooses everything.
        drums: the kit whose lanes are hit.
    """
    others = [drum.note_written for drum in drums.other_lanes]
    rng = np.random.default_rng(seed)
    splits = _shuffled_splits(n, rng)
    order = [int(i) for _ in range(n // len(GROOVES) + 1) for i in rng.permutation(len(GROOVES))]
    performances = []
    for index, split in enumerate(splits):
        is_fill = splits[:index].count(split) % 3 == 2
        session, number = _place(index)
        groove = GROOVES[order[index]]
        bpm = int(rng.integers(groove.bpm[0], groove.bpm[1] + 1))
        n_bars = bars_for(groove, bpm, duration_s / 3 if is_fill else duration_s)
        notes = play_groove(groove, bpm=bpm, n_bars=n_bars, is_fill=is_fill, rng=rng)
        # Draws of its own, so that the grooves are the same with it as without it.
        own_rng = np.random.default_rng([seed, index])
        added = play_percussion(others, metre=groove.metre, bpm=bpm, n_bars=n_bars, rng=own_rng)
        performances.append(
            SynthPerformance(
                session=session,
                number=number,
                style=groove.style,
                bpm=bpm,
                beat_type="fill" if is_fill else "beat",
                metre=groove.metre,
                split=split,
                notes=tuple(sorted((*notes, *added), key=lambda note: (note.onset_s, note.note))),
                duration_s=n_bars * bar_seconds(groove.metre, bpm) + RING_S,
            )
        )
    return performances


def midi_performances(
    folder: Path, n: int, *, seed: int, drums: Kit = LANES8
) -> list[SynthPerformance]:
    """``n`` of the MIDI files in ``folder`` and below, at least three.

    Files named as Groove MIDI names them keep their identity, and where its ``info.csv`` lies in
    the folder they keep their split; otherwise splits are drawn.

    Args:
        folder: where the .mid and .midi files are.
        n: how many to take.
        seed: chooses the files, and the splits where none are given.
        drums: the kit whose lanes are played; notes beyond them are left out.

    Raises:
        DrumscribeError: when there are too few files, or a file is damaged.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
    if len(files) < n:
        raise DrumscribeError(
            f"{folder}: {n} MIDI files are needed but only {len(files)} are there; "
            "ask for fewer recordings or more kits"
        )
    rng = np.random.default_rng(seed)
    official = _official_splits(folder)
    if official:
        chosen = _chosen_by_split(folder, files, official, n, rng)
    else:
        picks = sorted(int(i) for i in rng.choice(len(files), n, replace=False))
        chosen = [(files[i], s) for i, s in zip(picks, _shuffled_splits(n, rng), strict=True)]
    made_up = {note for drum in made_up_articulations(drums) for note in drum.notes}
    played = made_up | SYNTH_ARTICULATION_BY_NOTE.keys()
    return [
        _read_performance(path, folder, played=played, split=split, index=index)
        for index, (path, split) in enumerate(chosen)
    ]


def delayed_by_bars(performance: SynthPerformance, lead_s: float) -> SynthPerformance:
    """``performance`` with its first hit at ``lead_s`` seconds or later.

    It is moved by whole bars, so that beats and bars stay where its tempo says.
    """
    first_s = performance.notes[0].onset_s if performance.notes else lead_s
    if first_s >= lead_s:
        return performance
    bar_s = bar_seconds(performance.metre, performance.bpm)
    delay_s = bar_s * np.ceil((lead_s - first_s) / bar_s)
    notes = tuple(replace(note, onset_s=note.onset_s + delay_s) for note in performance.notes)
    return replace(performance, notes=notes, duration_s=performance.duration_s + delay_s)


def _shuffled_splits(n: int, rng: np.random.Generator) -> list[str]:
    """A split for each of ``n`` performances: a fifth each held out, every split at least once."""
    n_held_out = max(1, round(_HELD_OUT_SHARE * n))
    splits = [*["validation"] * n_held_out, *["test"] * n_held_out]
    splits += ["train"] * (n - len(splits))
    return [splits[int(i)] for i in rng.permutation(n)]


def _place(index: int) -> tuple[str, int]:
    """Session and number of the ``index``-th performance, dealt out among the drummers."""
    return f"drummer{index % _N_DRUMMERS + 1}/session1", index // _N_DRUMMERS + 1


def _official_splits(folder: Path) -> dict[str, str]:
    """Split of each file, by its path in ``folder``, as the folder's own index gives it."""
    index = folder / _INDEX_FILE
    if not index.is_file():
        return {}
    try:
        with index.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (csv.Error, UnicodeDecodeError) as error:
        raise DrumscribeError(f"{index}: is no table ({error}); move it away") from error
    return {
        row["midi_filename"]: row["split"]
        for row in rows
        if row.get("midi_filename") and row.get("split") in SPLIT_BY_EGMD_NAME
    }


def _chosen_by_split(
    folder: Path,
    files: Sequence[Path],
    official: dict[str, str],
    n: int,
    rng: np.random.Generator,
) -> list[tuple[Path, str]]:
    """Files and their official splits, in the usual shares as far as there are enough."""
    pools: dict[str, list[Path]] = {split: [] for split in SPLIT_BY_EGMD_NAME}
    for path in files:
        split = official.get(path.relative_to(folder).as_posix())
        if split is not None:
            pools[split].append(path)
    n_held_out = max(1, round(_HELD_OUT_SHARE * n))
    wanted = {split: min(n_held_out, len(pools[split])) for split in ("validation", "test")}
    wanted["train"] = n - sum(wanted.values())
    if not all(pools.values()) or wanted["train"] > len(pools["train"]):
        raise DrumscribeError(
            f"{folder / _INDEX_FILE}: its splits have too few files for {n} performances; "
            "ask for fewer recordings or more kits"
        )
    chosen = []
    for split in SPLIT_BY_EGMD_NAME:
        picks = rng.choice(len(pools[split]), wanted[split], replace=False)
        chosen += [(pools[split][int(i)], split) for i in sorted(picks)]
    return chosen


def _read_performance(
    path: Path, folder: Path, *, played: Collection[int], split: str, index: int
) -> SynthPerformance:
    """The notes ``played`` of a MIDI file, at its first tempo and metre throughout."""
    recording = read_midi(path)
    notes = tuple(note for note in recording.notes if note.note in played)
    metre = recording.metre_changes[0]
    performance = SynthPerformance(
        session="drummer1/midi_session",
        number=index + 1,
        style=re.sub(r"[^a-z0-9]+", "", path.stem.lower()) or "midi",
        bpm=60.0 / recording.tempo_changes[0].seconds_per_quarter,
        beat_type="beat",
        metre=(metre.numerator, metre.denominator),
        split=split,
        notes=notes,
        duration_s=max(recording.end_s, notes[-1].onset_s if notes else 0.0) + RING_S,
        n_unplayed=len(recording.notes) - len(notes),
    )
    named = _GROOVE_MIDI_FILE.fullmatch(path.relative_to(folder).as_posix())
    if named is None:
        return performance
    return replace(
        performance,
        session=named["session"],
        number=int(named["number"]),
        style=named["style"].replace("-", "/", 1),
        beat_type=named["beat_type"],
    )
