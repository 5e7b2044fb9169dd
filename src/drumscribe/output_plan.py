"""Which output belongs to which input, when recordings and folders of them are transcribed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumscribe.charts.formats import FORMATS, known_ending, suffix_of
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

_MIDI_SUFFIXES = frozenset({".mid", ".midi", ".smf", ".kar"})


@dataclass(frozen=True)
class Job:
    """One recording and the file that each format of its transcription goes to."""

    audio: Path
    targets: dict[str, Path]


def output_formats(option: str | None, output: Path | None = None) -> list[str]:
    """The formats of a comma-separated list; without one, what the output's name ends in, or MIDI.

    Raises:
        DrumscribeError: for one that does not exist.
    """
    if option is None:
        found = known_ending(output.name) if output is not None and not output.is_dir() else None
        return [found[0]] if found else [FORMATS[0]]
    names = [name.strip() for name in option.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise DrumscribeError(f"--format {name}: choose of {', '.join(FORMATS)}")
    return list(dict.fromkeys(names)) or [FORMATS[0]]


def plan_outputs(
    inputs: Sequence[Path], output: Path | None, formats: Sequence[str] = FORMATS[:1]
) -> list[Job]:
    """Where each recording's transcription goes.

    One file goes to ``output`` itself, unless that is a folder, or there is none and the name has
    no suffix; several files, and folders with their tree, go below ``output``; without it
    everything goes beside its recording. Recordings whose names differ in the suffix alone keep
    it: ``a.wav.mid`` and ``a.mp3.mid``.

    Raises:
        DrumscribeError: when an input is absent, a folder without audio or MIDI, or an output would
            replace a recording or another output, or bear the suffix of another format.
    """
    _require_no_midi(inputs)
    is_folder = output is None or output.is_dir() or not (output.suffix or output.exists())
    if output is not None and not is_folder and len(inputs) == 1 and not inputs[0].is_dir():
        audio = require_file(inputs[0], what="audio file")
        jobs = [Job(audio, _targets_of_name(output, formats))]
    else:
        recordings = _recordings(inputs)
        if output is not None and not is_folder and (output.exists() or known_ending(output.name)):
            raise DrumscribeError(f"{output}: names a file; name a folder for several recordings")
        jobs = _jobs_in_folders(recordings, output, formats)
    _require_apart(jobs)
    return jobs


def require_telling_names(jobs: Iterable[Job]) -> None:
    """Refuse names that tell of another kind of file than what nobody has named a format for.

    A name may end in no suffix, in a MIDI file's or in what is none, as in "take.2".

    Raises:
        DrumscribeError: for MIDI in a file called ``.mp3`` or ``.xml``, for instance.
    """
    for target in (target for job in jobs for target in job.targets.values()):
        ending = target.suffix.removeprefix(".")
        is_suffix = ending.isalnum() and not ending.isdecimal()
        is_known = known_ending(target.name) or target.suffix.lower() in _MIDI_SUFFIXES
        if is_suffix and not is_known:
            endings = ", ".join(f".{suffix_of(name)}" for name in FORMATS)
            raise DrumscribeError(
                f"{target}: .{ending} tells no format; give it one of {endings}, or add --format"
            )


def _require_no_midi(inputs: Iterable[Path]) -> None:
    """Refuse notes where sound is asked for."""
    for path in inputs:
        if path.suffix.lower() in _MIDI_SUFFIXES and path.is_file():
            raise DrumscribeError(
                f"{path}: is MIDI, not a recording; to chart its notes use "
                "'drumscribe chart SONG --midi FILE'"
            )


def _targets_of_name(output: Path, formats: Sequence[str]) -> dict[str, Path]:
    """The name the user gave, whatever its suffix; with several formats each has its own suffix."""
    suffix = output.suffix.lower().removeprefix(".")
    if len(formats) == 1:
        own = suffix_of(formats[0])
        if suffix in FORMATS and suffix not in (formats[0], own.rpartition(".")[2]):
            raise DrumscribeError(
                f"{output}: would hold {formats[0]}, not {suffix}; add --format {suffix}, or name "
                f"a file that ends in .{own}"
            )
        return {formats[0]: output}
    known = known_ending(output.name)
    stem = output.name[: -len(known[1])] if known else output.name
    return {name: output.with_name(f"{stem}.{suffix_of(name)}") for name in formats}


def _jobs_in_folders(
    recordings: Iterable[tuple[Path, Path]], output: Path | None, formats: Sequence[str]
) -> list[Job]:
    """A job for every recording of a folder, named after it, below ``output`` or beside it."""
    bases = {
        audio: audio if output is None else output / audio.relative_to(folder)
        for audio, folder in recordings
    }
    # Without regard to case, as many file systems are.
    n_alike = Counter(str(base.with_suffix("")).casefold() for base in bases.values())
    jobs = []
    for audio, base in bases.items():
        is_alone = n_alike[str(base.with_suffix("")).casefold()] == 1
        stem = base.stem if is_alone else base.name
        targets = {name: base.with_name(f"{stem}.{suffix_of(name)}") for name in formats}
        jobs.append(Job(audio, targets))
    return jobs


def _recordings(inputs: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Every recording, once, and the folder that its tree starts from."""
    from drumscribe.data.audio_processing import find_audio

    found: dict[Path, tuple[Path, Path]] = {}
    for path in inputs:
        if path.is_dir():
            recordings = find_audio(path)
            if not recordings:
                raise DrumscribeError(f"{path}: holds no audio files")
            folder = path
        else:
            recordings = [require_file(path, what="audio file")]
            folder = path.parent
        for audio in recordings:
            found.setdefault(audio.parent.resolve() / audio.name, (audio, folder))
    return list(found.values())


def _require_apart(jobs: Iterable[Job]) -> None:
    """Refuse to write two transcriptions to one file, or one over a recording."""
    sources = {job.audio.resolve(): job.audio for job in jobs}
    written: dict[Path, Path] = {}
    for job in jobs:
        for target in job.targets.values():
            if target.resolve() in sources:
                raise DrumscribeError(f"{target}: is a recording itself; name another output")
            other = written.setdefault(target.resolve(), job.audio)
            if other != job.audio:
                raise DrumscribeError(
                    f"{target}: {other} and {job.audio} would both become this file; transcribe "
                    "them to different folders"
                )
