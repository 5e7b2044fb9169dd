"""Rendered recordings as a feature store that training reads like any other.

Place in the flow: rendered recordings -> log-mel -> shards. Recordings are numbered from 0; a shard
holds consecutive ones and is written whole or not at all; a killed run is continued by running it
again.
"""

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drumscribe.config import FeatureConfig
from drumscribe.data.audio_level import levelled
from drumscribe.data.audio_processing import find_audio
from drumscribe.data.log_mel import log_mel
from drumscribe.data.planned_shards import absent_shards
from drumscribe.data.render.render_config import RenderConfig
from drumscribe.data.render.rendered_recording import RenderedRecording, render_recording
from drumscribe.data.render.sources import RenderSources, open_sources
from drumscribe.data.shard_format import StoredRecording, StoreHeader, shard_path
from drumscribe.data.shard_writer import ShardWriter, writing_shard
from drumscribe.data.targets import beat_array, event_array
from drumscribe.drums import LANES8
from drumscribe.splits import Split
from drumscribe.utils.fingerprint import fingerprint_of
from drumscribe.utils.progress import progress_bar
from drumscribe.utils.ranges import SEEDS, require_in_range
from drumscribe.utils.sole_writer import sole_writer
from drumscribe.utils.workers import mapped

_MAX_HOURS = 100_000


@dataclass(frozen=True)
class StoreJob:
    """A split to render.

    Attributes:
        folder: the store; shards go to ``folder / split``.
        midi_dir: the Groove MIDI Dataset.
        kits_dir: the sample kits.
        soundfont: a General MIDI .sf2 file for accompaniment, if any.
        voices_dir: a folder of recorded voices for accompaniment, if any.
        split: which.
        hours: how much audio, to the nearest recording or so but one at least, 0..100,000.
        seed: chooses everything, within ``SEEDS``.
        render: what recordings are like.
        features: the log-mel.
        shard_hours: audio in a shard, > 0.
        n_workers: processes.
    """

    folder: Path
    midi_dir: Path
    kits_dir: Path
    split: Split = "train"
    hours: float = 1.0
    seed: int = 1
    render: RenderConfig = dataclasses.field(default_factory=RenderConfig)
    features: FeatureConfig = dataclasses.field(default_factory=FeatureConfig)
    shard_hours: float = 0.5
    n_workers: int = 1
    soundfont: Path | None = None
    voices_dir: Path | None = None

    def __post_init__(self) -> None:
        option = "--hours" if self.split == "train" else f"--{self.split}-hours"
        require_in_range(option, self.hours, 0, _MAX_HOURS)
        require_in_range("--seed", self.seed, *SEEDS)


@dataclass(frozen=True)
class ShardJob:
    """One shard: where, which recordings, and what it depends on."""

    path: Path
    indices: range
    fingerprint: str


def write_rendered_store(job: StoreJob, *, overwrite: bool = False) -> list[Path]:
    """Render a split into shards, or what is missing of it.

    Args:
        job: what to render.
        overwrite: replace shards that were made from other settings.

    Returns:
        The shards of the split, in order.

    Raises:
        DrumscribeError: when sources are absent, another run writes to the folder, or it holds
            shards of other settings.
    """
    shards = plan_shards(job)
    with sole_writer(job.folder):
        todo = absent_shards(shards, [job.folder / job.split], overwrite=overwrite)
        mean_s = sum(job.render.duration_s) / 2
        total_s = sum(len(shard.indices) for shard in todo) * mean_s
        with progress_bar(f"rendering {job.split}", total_s, unit="s of audio") as advance:
            for n_done in mapped(partial(_make_shard, job=job), todo, job.n_workers):
                advance(n_done * mean_s)
    return [shard.path for shard in shards]


def plan_shards(job: StoreJob) -> list[ShardJob]:
    """The shards of a job; they depend on the job alone, not on who makes them.

    Raises:
        DrumscribeError: when sources are absent or incomplete.
    """
    sources = open_sources(job.midi_dir, job.kits_dir, job.split, job.soundfont, job.voices_dir)
    sources.warn_if_shared()
    mean_s = sum(job.render.duration_s) / 2
    n_recordings = max(1, round(job.hours * 3600 / mean_s))
    n_per_shard = max(1, round(job.shard_hours * 3600 / mean_s))
    shards = []
    for number, first in enumerate(range(0, n_recordings, n_per_shard)):
        indices = range(first, min(first + n_per_shard, n_recordings))
        path = shard_path(job.folder / job.split, number)
        shards.append(ShardJob(path, indices, _fingerprint(job, sources, indices)))
    return shards


def _store_header(job: StoreJob) -> StoreHeader:
    return StoreHeader(LANES8, job.features)


def _fingerprint(job: StoreJob, sources: RenderSources, indices: range) -> str:
    """A hash of everything that decides the content of a shard."""
    content = sources.content() | {
        "header": _store_header(job).to_json(),
        "render": dataclasses.asdict(job.render),
        "seed": job.seed,
        "indices": [indices.start, indices.stop],
        "soundfont": job.soundfont and [job.soundfont.name, job.soundfont.stat().st_size],
        "voices": job.voices_dir and [path.name for path in find_audio(job.voices_dir)],
    }
    return fingerprint_of(content)


_sources: dict[tuple[Path, Path, Split, Path | None, Path | None], RenderSources] = {}
"""Of each process: sources kept from shard to shard, with the sounds they have loaded."""


def _make_shard(shard: ShardJob, job: StoreJob) -> int:
    """Write one shard; return how many recordings it holds."""
    key = (job.midi_dir, job.kits_dir, job.split, job.soundfont, job.voices_dir)
    if key not in _sources:
        _sources[key] = open_sources(*key)
    with writing_shard(shard.path, _store_header(job), shard.fingerprint) as writer:
        for index in shard.indices:
            rendered = render_recording((job.seed, index), _sources[key], job.render)
            _add_recording(writer, rendered, index, job)
    return len(shard.indices)


def _add_recording(
    writer: ShardWriter, rendered: RenderedRecording, index: int, job: StoreJob
) -> None:
    features = log_mel(levelled(rendered.samples), job.features)
    name = f"rendered/{job.split}/{job.seed}/{index:07}"
    stored = StoredRecording(
        audio_filename=name,
        midi_filename=rendered.description.get("performances", ""),
        performance=name,
        kit_name=rendered.description.get("kits", ""),
        start_frame=writer.n_frames,
        n_frames=len(features),
        duration_s=rendered.duration_s,
        offset_s=0.0,
        alignment_confidence=1.0,
        label_source="own",
        unknown_notes={},
    )
    events = event_array(rendered.events, LANES8)
    writer.add(stored, features, events, beat_array(rendered.beats))
