"""Whole performances on whole kits, written exactly as E-GMD lies on disk.

Every performance of a split is played on every kit of that split, each recording a .midi and a
.wav, the csv listing them all, so that whatever reads E-GMD reads these. Audio and MIDI have no
offset. The csv comes last: a folder without one was left unfinished, and running again goes on.
"""

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from drumscribe.data.egmd_csv import EGMD_NAME_BY_SPLIT, EgmdRow, write_rows
from drumscribe.data.midi_processing import MidiRecording, read_midi
from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE
from drumscribe.data.render.drumset import assemble_drumset, can_supply
from drumscribe.data.render.effects import drum_sound, mastered
from drumscribe.data.render.mixer import PlacedHit, mix_hits
from drumscribe.data.render.performances import PerformanceInfo
from drumscribe.data.render.render_config import EVALUATION, RenderConfig
from drumscribe.data.render.sample_kits import SampleKit
from drumscribe.data.render.sounds import SoundBank
from drumscribe.data.render.sources import RenderSources, open_sources
from drumscribe.splits import Split
from drumscribe.timing import SAMPLE_RATE, samples_to_seconds, seconds_to_samples
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path, remove_partial_files, write_text
from drumscribe.utils.fingerprint import fingerprint_of
from drumscribe.utils.progress import progress_bar
from drumscribe.utils.ranges import SEEDS, require_in_range
from drumscribe.utils.sole_writer import sole_writer
from drumscribe.utils.workers import mapped

_FIRST_NUMBER = 201  # E-GMD's own kits end at 58, the synthetic ones at 143
_RING_S = 1.5
_FINGERPRINT_NAME = "rendered-from.sha256"


@dataclass(frozen=True)
class LayoutJob:
    """A dataset to write.

    Attributes:
        folder: where; the csv goes into it.
        midi_dir: the Groove MIDI Dataset.
        kits_dir: the sample kits.
        split: whose performances and kits.
        n_performances: how many, spread over the split; ``None`` for all.
        seed: chooses what differs from recording to recording; within ``SEEDS``.
        render: the kit's and the effects' settings matter here.
        n_workers: processes.
    """

    folder: Path
    midi_dir: Path
    kits_dir: Path
    split: Split = "test"
    n_performances: int | None = None
    seed: int = 1
    render: RenderConfig = EVALUATION
    n_workers: int = 1

    def __post_init__(self) -> None:
        require_in_range("--seed", self.seed, *SEEDS)


@dataclass(frozen=True)
class Pairing:
    """A performance on a kit, which makes a recording; both by their place in the sources."""

    performance: int
    kit: int


def write_egmd_layout(job: LayoutJob) -> int:
    """Write the dataset, or what is missing of it.

    Returns:
        How many recordings it has.

    Raises:
        DrumscribeError: when sources are absent or damaged, another run writes to the folder, or it
            holds something else.
    """
    sources = _sources[job] = open_sources(job.midi_dir, job.kits_dir, job.split)
    sources.warn_if_shared()
    performances = spread(len(sources.infos), job.n_performances)
    kits = [index for index, kit in enumerate(sources.kits) if _is_playable(kit)]
    pairings = [Pairing(performance, kit) for kit in kits for performance in performances]
    with sole_writer(job.folder):
        _require_same_job(job, sources)
        for place in {Path(), *(_place(info, job).parent for info in sources.infos)}:
            remove_partial_files(job.folder / place)
        rows = _write_all(pairings, job)
        write_rows(job.folder, sorted(rows, key=lambda row: row.stem))
    return len(pairings)


def _write_all(pairings: Sequence[Pairing], job: LayoutJob) -> list[EgmdRow]:
    """Write the recordings; give their rows of the csv."""
    rows = []
    with progress_bar("rendering", len(pairings), unit="recordings") as advance:
        for row in mapped(partial(_write, job=job), pairings, job.n_workers, chunksize=8):
            rows.append(row)
            advance(1)
    return rows


def render_performance(
    info: PerformanceInfo,
    kit: SampleKit,
    sources: RenderSources,
    config: RenderConfig,
    seed: int | Sequence[int],
) -> FloatArray:
    """A whole performance on one kit, every note at the time its MIDI file gives.

    Args:
        info: the performance.
        kit: what it is played on; what it lacks comes from the other kits of ``sources``.
        sources: the other kits, and the sounds.
        config: the kit's and the effects' settings matter here.
        seed: chooses everything else.

    Returns:
        Shape (n_samples,), mono at ``SAMPLE_RATE``, within -1..1.
    """
    midi = read_midi(info.path)
    rng = np.random.default_rng(seed)
    drumset = assemble_drumset(sources.kits, sources.cache, config.kits, rng, main=kit)
    hits = [
        PlacedHit(seconds_to_samples(note.onset_s), note.note, note.velocity)
        for note in midi.notes
        if note.note in ARTICULATION_BY_NOTE
    ]
    bank = SoundBank(drumset, sources.cache)
    mix = mix_hits(hits, bank, n_samples=_n_samples(midi), rng=rng)
    drums, _ = drum_sound(mix.buses, config.effects, rng)
    return mastered(drums, config.effects, rng)[0]


def _is_playable(kit: SampleKit) -> bool:
    """Whether a kit may be the main one."""
    return can_supply(kit, "kick") and can_supply(kit, "snare")


def spread(n_all: int, n_wanted: int | None) -> list[int]:
    """``n_wanted`` of the numbers below ``n_all``, from first to last; ``None`` is all of them."""
    n_taken = n_all if n_wanted is None else min(n_wanted, n_all)
    return [int(number) for number in np.linspace(0, n_all - 1, n_taken)]


def _require_same_job(job: LayoutJob, sources: RenderSources) -> None:
    """Refuse a folder with recordings of other settings; note the settings where none is whole.

    How many performances are taken is no matter: each sounds the same whatever the others are.
    """
    content = sources.content() | {"render": dataclasses.asdict(job.render), "seed": job.seed}
    fingerprint = fingerprint_of(content)
    note = job.folder / _FINGERPRINT_NAME
    if not any(not path.name.startswith(".") for path in job.folder.rglob("*.wav")):
        write_text(note, f"{fingerprint}\n")
    elif (
        not note.exists()
        or note.read_text(encoding="ascii", errors="replace") != f"{fingerprint}\n"
    ):
        raise DrumscribeError(
            f"{job.folder}: holds recordings of other settings, seed or sources; name another "
            "folder"
        )


def _place(info: PerformanceInfo, job: LayoutJob) -> Path:
    """Where the files of a performance lie in the folder, before what tells of the kit."""
    return info.path.relative_to(job.midi_dir).with_suffix("")


def _n_samples(midi: MidiRecording) -> int:
    last_s = midi.notes[-1].onset_s if midi.notes else 0.0
    return seconds_to_samples(max(midi.end_s, last_s) + _RING_S)


_sources: dict[LayoutJob, RenderSources] = {}
"""Of each process: sources kept from recording to recording, with the sounds they have loaded."""


def _write(pairing: Pairing, job: LayoutJob) -> EgmdRow:
    """Write one recording unless it is there; give its row of the csv."""
    import soundfile

    if job not in _sources:  # in another process than that which shares the work out
        _sources[job] = open_sources(job.midi_dir, job.kits_dir, job.split)
    sources = _sources[job]
    info, kit = sources.infos[pairing.performance], sources.kits[pairing.kit]
    stem = f"{_place(info, job).as_posix()}_{_FIRST_NUMBER + pairing.kit}"
    audio, midi = job.folder / f"{stem}.wav", job.folder / f"{stem}.midi"
    if not audio.exists():
        seed = (job.seed, pairing.performance, pairing.kit)
        samples = render_performance(info, kit, sources, job.render, seed)
        with atomic_path(midi) as temporary:
            shutil.copyfile(info.path, temporary)
        with atomic_path(audio) as temporary:
            soundfile.write(temporary, samples, SAMPLE_RATE, subtype="PCM_16")
    return _row(info, kit, stem, soundfile.info(audio).frames, job.split)


def _row(info: PerformanceInfo, kit: SampleKit, stem: str, n_samples: int, split: Split) -> EgmdRow:
    return EgmdRow(
        session=info.id.rsplit("/", 1)[0],
        id=info.id,
        style=info.style,
        bpm=info.bpm,
        beat_type="fill" if info.is_fill else "beat",
        metre=info.metre,
        duration_s=samples_to_seconds(n_samples),
        split=EGMD_NAME_BY_SPLIT[split],
        stem=stem,
        kit_name=kit.id,
    )
