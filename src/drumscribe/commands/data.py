"""Training material: ``drumscribe preprocess``, ``synth``, ``render`` and ``egmd``."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.commands.unused_options import require_unused
from drumscribe.config import Config, load_config
from drumscribe.drums import LANES8, kit_by_name
from drumscribe.splits import Split
from drumscribe.utils.cores import worker_count
from drumscribe.utils.errors import DrumscribeError

if TYPE_CHECKING:
    from drumscribe.data.render.render_store import StoreJob

# Options by their names in the arguments.
_OF_FEATURES = ("hours", "val_hours", "test_hours", "soundfont", "voices", "overwrite")
_OF_LAYOUT = ("performances",)


def preprocess(arguments: Namespace) -> int:
    """``drumscribe preprocess``."""
    overrides = list(arguments.overrides)
    if arguments.max_files is not None:
        overrides.append(f"data.max_files={arguments.max_files}")
    config = load_config(arguments.config, overrides)
    from drumscribe.data.preprocess import preprocess as run

    summary = run(config, overwrite=arguments.overwrite, scheduler=arguments.scheduler)
    print(
        f"{config.data.processed_path}: {summary.n_shards_made} shards made, "
        f"{summary.n_shards_kept} kept"
    )
    print(*summary.lines(), sep="\n")
    return 0 if any(split.n_recordings for split in summary.splits.values()) else 1


def synth(arguments: Namespace) -> int:
    """``drumscribe synth``."""
    from drumscribe.data.synth.dataset import SynthConfig, write_dataset

    config = SynthConfig(
        n_recordings=arguments.recordings,
        n_kits=arguments.kits,
        duration_s=arguments.seconds,
        seed=arguments.seed,
        max_offset_ms=arguments.max_offset_ms,
        midi_dir=arguments.midi,
        drums=kit_by_name(arguments.drums),
        n_workers=worker_count(arguments.workers),
    )
    summary = write_dataset(arguments.folder, config)
    splits = ", ".join(f"{n} {name}" for name, n in summary.n_recordings_by_split.items())
    hits = ", ".join(f"{name} {n}" for name, n in summary.n_notes_by_lane.items())
    print(f"{arguments.folder}: {summary.n_recordings} recordings ({splits})")
    print(f"{summary.duration_s:.0f} s of audio; hits: {hits}")
    if summary.n_unplayed_notes:
        print(f"{summary.n_unplayed_notes} notes left out: no instrument plays them")
    return 0


def render(arguments: Namespace) -> int:
    """``drumscribe render``."""
    config = load_config(arguments.config, arguments.overrides)
    _refuse_ignored(arguments, config)
    from drumscribe.data.render.soundfont_kits import is_soundfont, require_playable

    if is_soundfont(arguments.kits):
        require_playable(arguments.kits)
    if arguments.soundfont is not None:
        require_playable(arguments.soundfont)
    if arguments.layout is not None:
        _render_layout(arguments, config)
    else:
        _render_store(arguments, config)
    return 0


def _refuse_ignored(arguments: Namespace, config: Config) -> None:
    """Refuse options that say nothing about what is asked for."""
    if arguments.layout is not None:
        require_unused(arguments, _OF_FEATURES, "--layout writes recordings and no features")
    else:
        require_unused(arguments, _OF_LAYOUT, "without --layout features are written")
        if config.data.kit != LANES8.name:
            raise DrumscribeError(
                f"data.kit: rendered features have the classes of {LANES8.name} alone, got "
                f"{config.data.kit!r}; for others, preprocess what --layout writes"
            )
    if arguments.performances is not None and arguments.performances < 1:
        raise DrumscribeError(f"--performances {arguments.performances}: must be 1 or more")


def _render_layout(arguments: Namespace, config: Config) -> None:
    """Recordings of the test split, in E-GMD's layout."""
    from drumscribe.data.render.egmd_layout import LayoutJob, write_egmd_layout

    job = LayoutJob(
        folder=arguments.layout,
        midi_dir=arguments.midi,
        kits_dir=arguments.kits,
        n_performances=arguments.performances,
        seed=arguments.seed,
        n_workers=worker_count(config.preprocessing.n_workers),
    )
    print(f"{arguments.layout}: {write_egmd_layout(job)} recordings")


def _render_store(arguments: Namespace, config: Config) -> None:
    """Features of each split that is to have any."""
    from drumscribe.data.feature_store import opened_split
    from drumscribe.data.render.render_store import write_rendered_store

    for job in _store_jobs(arguments, config):
        n_shards = len(write_rendered_store(job, overwrite=arguments.overwrite))
        folder = job.folder / job.split
        with opened_split(folder) as shards:
            total_s = sum(stored.duration_s for shard in shards for stored in shard.recordings)
        print(f"{folder}: {total_s / 3600:.3f} h in {n_shards} shards")


def _store_jobs(arguments: Namespace, config: Config) -> "list[StoreJob]":
    """A job for each split that is to have any features, all checked before the first is done."""
    from drumscribe.data.render.render_config import EVALUATION, RenderConfig
    from drumscribe.data.render.render_store import StoreJob

    hours_by_split: dict[Split, float] = {
        "train": arguments.hours,
        "val": arguments.val_hours,
        "test": arguments.test_hours,
    }
    jobs = [
        StoreJob(
            folder=config.data.processed_path,
            midi_dir=arguments.midi,
            kits_dir=arguments.kits,
            split=split,
            hours=hours,
            seed=arguments.seed,
            render=EVALUATION if split == "test" else RenderConfig(),
            features=config.features,
            n_workers=worker_count(config.preprocessing.n_workers),
            soundfont=arguments.soundfont,
            voices_dir=arguments.voices,
        )
        for split, hours in hours_by_split.items()
        if hours != 0
    ]
    if not jobs:
        raise DrumscribeError(
            "--hours, --val-hours, --test-hours: are all 0, so there is nothing to render; give "
            "one of them more"
        )
    return jobs


def egmd_download(arguments: Namespace) -> int:
    """``drumscribe egmd download``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.data.egmd_download import (
        DATASET_FOLDER,
        FULL_ARCHIVE,
        MIDI_ARCHIVE,
        download_egmd,
    )

    archive = MIDI_ARCHIVE if arguments.midi_only else FULL_ARCHIVE
    _require_no_part(config.data.root_path / DATASET_FOLDER)
    folder = download_egmd(config.data.root_path, archive, delete_zip=arguments.delete_zip)
    print(f"{folder}: ready")
    if folder != config.data.dataset_path:
        print(f"set data.dataset_dir={folder.name} to use it (it is {config.data.dataset_dir!r})")
    return 0


def _require_no_part(dataset_dir: Path) -> None:
    """Refuse to take a practice set, or a part of E-GMD, for the whole."""
    from drumscribe.data.egmd_csv import CSV_NAME, read_rows
    from drumscribe.data.egmd_verify import N_ROWS

    n_rows = len(read_rows(dataset_dir)) if (dataset_dir / CSV_NAME).is_file() else N_ROWS
    if n_rows < N_ROWS:
        raise DrumscribeError(
            f"{dataset_dir}: holds {n_rows:,} recordings, not E-GMD's {N_ROWS:,}; if it is a "
            "practice set, rename or delete it, or set data.root to another folder"
        )


def egmd_verify(arguments: Namespace) -> int:
    """``drumscribe egmd verify``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.data.egmd_verify import verify_egmd

    n_workers = worker_count(arguments.workers)
    report = verify_egmd(config.data.dataset_path, n_workers=n_workers, full=arguments.full)
    print(*report.lines(), sep="\n")
    return 0 if report.ok else 1
