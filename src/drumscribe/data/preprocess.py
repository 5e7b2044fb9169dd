"""From E-GMD to the feature store, in parallel and resumable.

Place in the flow: csv -> plan (which recordings go into which shard) -> shards -> splits csv and
summary. The plan depends on the csv and the configuration alone, and a shard is written whole or
not at all, so a killed run is continued by running it again: shards that exist and were made from
the same plan are kept, unless they lack a recording whose files have come back. Recordings are
dealt to shards in a shuffled order, so that neighbours on disk are neither of one groove nor of one
kit.
"""

import contextlib
import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumscribe.config import Config, save_config
from drumscribe.data.egmd import Recording, RecordingList, read_recordings, sample_recordings
from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.feature_store import Shard
from drumscribe.data.log_mel import log_mel
from drumscribe.data.planned_shards import absent_shards
from drumscribe.data.recording_processing import (
    FILE_PROBLEMS,
    UnusableRecordingError,
    has_usable_files,
    label_recording,
)
from drumscribe.data.shard_format import StoredRecording, StoreHeader, shard_path
from drumscribe.data.shard_writer import ShardWriter, writing_shard
from drumscribe.data.store_summary import SplitSummary, summarise_split
from drumscribe.data.targets import beat_array, event_array, single_hits
from drumscribe.drums import kit_by_name
from drumscribe.splits import SPLITS, Split
from drumscribe.utils.cluster import cluster_results
from drumscribe.utils.cores import worker_count
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import remove_partial_files
from drumscribe.utils.fingerprint import fingerprint_of
from drumscribe.utils.progress import Advance, progress_bar
from drumscribe.utils.sole_writer import sole_writer
from drumscribe.utils.workers import SPAWN, worker_pool

_CONTENT_VERSION = 3
"""Raised when the same recordings and settings give other features or labels."""


@dataclass(frozen=True)
class ShardPlan:
    """One shard to write: where, from what, and the fingerprint of all that it depends on."""

    path: Path
    recordings: tuple[Recording, ...]
    fingerprint: str

    @property
    def duration_s(self) -> float:
        """Length of its recordings by the csv, in seconds."""
        return sum(recording.duration_s for recording in self.recordings)


@dataclass
class PreprocessSummary:
    """The summary of every split, the csv rows left out, and how many shards were made or kept."""

    splits: dict[Split, SplitSummary]
    skipped_rows: Counter[str]
    n_shards_made: int
    n_shards_kept: int

    def lines(self) -> list[str]:
        """The summary as text."""
        lines: list[str] = []
        for name, split in self.splits.items():
            lines += split.lines(name)
        lines += [f"csv rows left out: {n} ({reason})" for reason, n in self.skipped_rows.items()]
        return lines


def preprocess(
    config: Config, *, overwrite: bool = False, scheduler: str | None = None
) -> PreprocessSummary:
    """Write the feature store that ``config`` asks for, or what is missing of it.

    Args:
        config: the configuration; ``data``, ``features`` and ``preprocessing`` matter here.
        overwrite: replace shards that were made from another plan.
        scheduler: address of a Dask scheduler whose machines, which must see the same folders, make
            the shards instead of processes of this one.

    Returns:
        What the store holds, read back from it.

    Raises:
        DrumscribeError: when there is no dataset or it is empty, the store was made with other
            settings, another run is writing it, or a worker process died.
    """
    found = read_recordings(config.data.dataset_path)
    if not found.recordings:
        reasons = ", ".join(f"{n} x {reason}" for reason, n in found.skipped_rows.items())
        raise DrumscribeError(
            f"{config.data.dataset_path / CSV_NAME}: lists no usable recording "
            f"({reasons or 'no rows'}); use E-GMD's own csv"
        )
    plans = plan_shards(config, found.recordings)
    with sole_writer(config.data.processed_path):
        todo = _unfinished(plans, config, overwrite=overwrite)
        if scheduler is None:
            _make_shards(todo, config)
        else:
            _make_shards_on_cluster(todo, config, scheduler)
        summary = _finish_store(plans, config, found, n_made=len(todo))
    return summary


def plan_shards(config: Config, recordings: Sequence[Recording]) -> list[ShardPlan]:
    """Deal recordings to shards: shuffled within their split, about ``shard_hours`` each."""
    if config.data.max_files is not None:
        recordings = sample_recordings(recordings, config.data.max_files)
    plans = []
    for split in SPLITS:
        chosen = [recording for recording in recordings if recording.split == split]
        chosen.sort(key=lambda r: hashlib.sha256(r.audio_filename.encode()).hexdigest())
        for index, group in enumerate(_grouped(chosen, config.preprocessing.shard_hours * 3600)):
            path = shard_path(config.data.processed_path / split, index)
            plans.append(ShardPlan(path, group, _fingerprint(config, group)))
    return plans


def _grouped(recordings: Iterable[Recording], limit_s: float) -> Iterator[tuple[Recording, ...]]:
    """Consecutive groups that each reach ``limit_s`` seconds, the last one perhaps not."""
    group: list[Recording] = []
    for recording in recordings:
        group.append(recording)
        if sum(r.duration_s for r in group) >= limit_s:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _store_header(config: Config) -> StoreHeader:
    return StoreHeader(kit_by_name(config.data.kit), config.features)


def _fingerprint(config: Config, recordings: Sequence[Recording]) -> str:
    """A hash of everything that decides the content of a shard."""
    settings = dataclasses.asdict(config.preprocessing)
    for name in ("n_workers", "shard_hours"):  # these decide who writes a shard, not what is in it
        settings.pop(name)
    content = {
        "version": _CONTENT_VERSION,
        "header": _store_header(config).to_json(),
        "settings": settings,
        "recordings": [dataclasses.asdict(recording) for recording in recordings],
    }
    return fingerprint_of(content)


def _unfinished(plans: Sequence[ShardPlan], config: Config, *, overwrite: bool) -> list[ShardPlan]:
    """The shards still to be made, after clearing away what does not belong to the plan."""
    folders = {plan.path.parent.parent / split for plan in plans for split in SPLITS}
    absent = {plan.path for plan in absent_shards(plans, folders, overwrite=overwrite)}
    return [plan for plan in plans if plan.path in absent or _has_come_back(plan, config)]


def _has_come_back(plan: ShardPlan, config: Config) -> bool:
    """Whether a shard lacks a recording whose files are usable now: mended, or mounted again."""
    with contextlib.closing(Shard(plan.path)) as shard:
        without_file = {each.audio_filename for each in shard.skipped if each.kind in FILE_PROBLEMS}
    return any(
        has_usable_files(config.data.dataset_path, recording)
        for recording in plan.recordings
        if recording.audio_filename in without_file
    )


def _make_shards(plans: Sequence[ShardPlan], config: Config) -> None:
    """Write shards, with more than one worker in their processes, showing seconds of audio done."""
    if not plans:
        return
    n_workers = min(worker_count(config.preprocessing.n_workers), len(plans))
    total_s = sum(plan.duration_s for plan in plans)
    with progress_bar("preprocessing", total_s, unit="s of audio") as advance:
        if n_workers > 1:
            _make_shards_in_processes(plans, config, n_workers, advance)
        else:
            for plan in plans:
                _make_shard(plan, config, advance)


_seconds_done: Any = None
"""In a worker: the counter, shared by all processes, of seconds of audio done."""


def _make_shards_in_processes(
    plans: Sequence[ShardPlan], config: Config, n_workers: int, advance: Advance
) -> None:
    counter = SPAWN.Value("d", 0.0)
    with worker_pool(n_workers, start=_share_counter, start_arguments=(counter,)) as pool:
        futures = [pool.submit(_make_shard, plan, config, _add_to_counter) for plan in plans]
        _follow(futures, counter, advance)


def _make_shards_on_cluster(plans: Sequence[ShardPlan], config: Config, scheduler: str) -> None:
    """Write shards on other machines, showing seconds of audio done as shards come."""
    dataset_dir = str(config.data.dataset_path.absolute())
    there = dataclasses.replace(
        config, data=dataclasses.replace(config.data, root="/", dataset_dir=dataset_dir)
    )
    tasks = [(dataclasses.replace(plan, path=plan.path.absolute()), there) for plan in plans]
    total_s = sum(plan.duration_s for plan in plans)
    with progress_bar("preprocessing", total_s, unit="s of audio") as advance:
        for index, _ in cluster_results(scheduler, _make_shard, tasks):
            advance(plans[index].duration_s)
    for folder in {plan.path.parent for plan in plans}:
        remove_partial_files(folder)  # of workers that were killed


def _share_counter(counter: Any) -> None:
    global _seconds_done
    _seconds_done = counter


def _add_to_counter(seconds: float) -> None:
    with _seconds_done.get_lock():
        _seconds_done.value += seconds


def _follow(futures: Iterable[Future[None]], counter: Any, advance: Advance) -> None:
    """Move the bar while the futures run; raise the first error of any."""
    pending = set(futures)
    shown_s = 0.0
    while pending:
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        done_s = counter.value
        advance(done_s - shown_s)
        shown_s = done_s
        for future in done:
            future.result()


def _make_shard(plan: ShardPlan, config: Config, advance: Advance | None = None) -> None:
    """Write one shard; a recording that cannot be used is noted down and left out."""
    with writing_shard(plan.path, _store_header(config), plan.fingerprint) as writer:
        for recording in plan.recordings:
            try:
                _add_recording(writer, recording, config)
            except UnusableRecordingError as error:
                writer.skip(recording.audio_filename, error.kind, str(error))
            if advance is not None:
                advance(recording.duration_s)


def _add_recording(writer: ShardWriter, recording: Recording, config: Config) -> None:
    """Decode, align and append one recording."""
    kit = kit_by_name(config.data.kit)
    labelled = label_recording(config.data.dataset_path, recording, kit, config.preprocessing)
    features = log_mel(labelled.samples, config.features)
    stored = StoredRecording(
        audio_filename=recording.audio_filename,
        midi_filename=recording.midi_filename,
        performance=recording.performance,
        kit_name=recording.kit_name,
        start_frame=writer.n_frames,
        n_frames=len(features),
        duration_s=labelled.duration_s,
        offset_s=labelled.alignment.offset_s,
        alignment_confidence=labelled.alignment.confidence,
        label_source=labelled.label_source,
        unknown_notes={str(note): n for note, n in sorted(labelled.unknown_notes.items())},
        n_outside=labelled.n_outside,
    )
    # What is scored against keeps the hits of the file, as published scores do.
    events = single_hits(labelled.events) if recording.split == "train" else labelled.events
    writer.add(stored, features, event_array(events, kit), beat_array(labelled.beats))


def _finish_store(
    plans: Sequence[ShardPlan], config: Config, found: RecordingList, *, n_made: int
) -> PreprocessSummary:
    """Write the splits csv files and the configuration, and sum up the store."""
    processed = config.data.processed_path
    summaries = {}
    for split in SPLITS:
        paths = [plan.path for plan in plans if plan.path.parent.name == split]
        summaries[split] = summarise_split(paths, processed / "splits" / f"{split}.csv")
    save_config(config, processed / "config.yaml")
    return PreprocessSummary(summaries, found.skipped_rows, n_made, len(plans) - n_made)
