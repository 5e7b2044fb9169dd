"""Whether an E-GMD on disk is all there and readable, row by row of its csv."""

import functools
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from drumscribe.data.audio_processing import soundfile_name
from drumscribe.data.egmd_csv import N_KITS, SPLIT_BY_EGMD_NAME, duration_s, read_rows
from drumscribe.data.midi_processing import read_midi
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar
from drumscribe.utils.workers import mapped

N_PERFORMANCES = 1_059
"""Performances in the whole of E-GMD."""

N_ROWS = N_PERFORMANCES * N_KITS
"""Rows of the official csv."""

# In the official files the csv's duration is the wav's to the sample, so any real difference means
# a cut or another file; half the usual scoring tolerance leaves room for resampled copies.
_DURATION_TOLERANCE_S = 0.025

_N_EXAMPLES = 3
_CHUNK_ROWS = 64

_Row = dict[str, str]


class Problem(StrEnum):
    """What can be wrong with a row; the value is the text for people."""

    EMPTY_NAME = "rows without an audio, MIDI or kit name"
    REPEATED_AUDIO = "rows whose audio an earlier row names"
    UNKNOWN_SPLIT = "rows with an unknown split"
    NO_DURATION = "rows without a duration"
    MISSING_AUDIO = "audio files that are absent"
    MISSING_MIDI = "MIDI files that are absent"
    UNREADABLE_AUDIO = "audio files that cannot be read"
    UNREADABLE_MIDI = "MIDI files that cannot be read"
    OTHER_DURATION = "audio files shorter or longer than the csv says"


@dataclass(frozen=True)
class VerifyReport:
    """What was found in a dataset.

    Attributes:
        dataset_dir: the folder with the csv.
        n_rows: rows of the csv.
        n_sound_rows: rows without any problem.
        n_performances: distinct performances among the rows.
        n_kits: distinct kits among the rows.
        problems: for each kind that occurs, the rows that have it: the audio's name, or "row N".
        has_read_midi: whether MIDI files were read or only looked for.
    """

    dataset_dir: Path
    n_rows: int
    n_sound_rows: int
    n_performances: int
    n_kits: int
    problems: dict[Problem, tuple[str, ...]]
    has_read_midi: bool

    @property
    def ok(self) -> bool:
        """Whether there are rows and nothing is wrong with any."""
        return self.n_rows > 0 and not self.problems

    def lines(self) -> list[str]:
        """The report as lines of text."""
        grid = f"{self.n_rows:,} rows, {self.n_performances:,} performances, {self.n_kits} kits"
        whole = f"{N_ROWS:,} rows = {N_PERFORMANCES:,} performances x {N_KITS} kits"
        is_whole = self.n_rows == N_ROWS
        extent = "the whole of E-GMD" if is_whole else f"a part of E-GMD, which has {whole}"
        lines = [f"{self.dataset_dir}: {grid}: {extent}"]
        for problem, names in self.problems.items():
            examples = ", ".join(names[:_N_EXAMPLES])
            more = ", ..." if len(names) > _N_EXAMPLES else ""
            lines.append(f"  {len(names):,} {problem}: {examples}{more}")
        if len(self.problems.get(Problem.MISSING_AUDIO, ())) == self.n_rows > 0:
            lines.append("  no audio at all: this may be the MIDI-only download")
        lines.append(f"  {self.n_sound_rows:,} of {self.n_rows:,} rows are sound")
        if not self.has_read_midi:
            lines.append("  MIDI files were looked for but not read")
        return lines


def verify_egmd(dataset_dir: Path, *, n_workers: int = 1, full: bool = False) -> VerifyReport:
    """Check every row of the csv and the files it names.

    Audio files have their headers read and compared with the csv's durations.

    Args:
        dataset_dir: the folder with the csv.
        n_workers: processes to share the work among, >= 1.
        full: whether to read every MIDI file too.

    Raises:
        DrumscribeError: when the csv is absent or lacks columns, or ``n_workers`` is below 1.
    """
    if n_workers < 1:
        raise DrumscribeError(f"--workers {n_workers}: must be 1 or more")
    rows = read_rows(dataset_dir)
    problems: dict[Problem, list[str]] = defaultdict(list)
    check = functools.partial(_row_problems, dataset_dir=dataset_dir, full=full)
    seen: set[str] = set()
    n_sound = 0
    with progress_bar("verifying", len(rows), unit="recordings") as advance:
        for number, (row, found) in enumerate(
            zip(rows, mapped(check, rows, n_workers, chunksize=_CHUNK_ROWS), strict=True), start=1
        ):
            audio = row["audio_filename"]
            if audio and audio in seen:
                found.append(Problem.REPEATED_AUDIO)
            seen.add(audio)
            for problem in found:
                problems[problem].append(_label(row, number, problem))
            n_sound += not found
            advance(1)
    return VerifyReport(
        dataset_dir=dataset_dir,
        n_rows=len(rows),
        n_sound_rows=n_sound,
        n_performances=len({row["id"] for row in rows}),
        n_kits=len({row["kit_name"] for row in rows} - {""}),
        problems={kind: tuple(problems[kind]) for kind in Problem if kind in problems},
        has_read_midi=full,
    )


def _row_problems(row: _Row, *, dataset_dir: Path, full: bool) -> list[Problem]:
    """Everything wrong with one row on its own."""
    problems: list[Problem] = []
    if not (row["audio_filename"] and row["midi_filename"] and row["kit_name"]):
        problems.append(Problem.EMPTY_NAME)
    if row["split"] not in SPLIT_BY_EGMD_NAME:
        problems.append(Problem.UNKNOWN_SPLIT)
    told_s = duration_s(row)
    if told_s is None:
        problems.append(Problem.NO_DURATION)
    if row["audio_filename"]:
        problems += _audio_problems(dataset_dir / row["audio_filename"], told_s)
    if row["midi_filename"]:
        problems += _midi_problems(dataset_dir / row["midi_filename"], full=full)
    return problems


def _audio_problems(path: Path, told_s: float | None) -> list[Problem]:
    import soundfile

    if not path.is_file():
        return [Problem.MISSING_AUDIO]
    try:
        found_s = soundfile.info(soundfile_name(path)).duration
    except (soundfile.SoundFileError, OSError):
        return [Problem.UNREADABLE_AUDIO]
    differs = told_s is not None and abs(found_s - told_s) > _DURATION_TOLERANCE_S
    return [Problem.OTHER_DURATION] if differs else []


def _midi_problems(path: Path, *, full: bool) -> list[Problem]:
    if not path.is_file():
        return [Problem.MISSING_MIDI]
    if full:
        try:
            read_midi(path)
        except DrumscribeError:
            return [Problem.UNREADABLE_MIDI]
    return []


def _label(row: _Row, number: int, problem: Problem) -> str:
    """How a report names a row: by the file concerned, or by its number below the header."""
    is_about_midi = problem in (Problem.MISSING_MIDI, Problem.UNREADABLE_MIDI)
    return row["midi_filename" if is_about_midi else "audio_filename"] or f"row {number}"
