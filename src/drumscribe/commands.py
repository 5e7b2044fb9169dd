"""What each command does: arguments in, exit status out.

Every handler checks what the user named before it imports anything heavy, so a wrong path fails at
once. Handlers print results to standard output; progress and remarks go to standard error.
"""

import logging
import os
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.config import Config, load_config
from drumscribe.models.bundled import bundled_models, bundled_path
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from drumscribe.evaluation.references import ReferenceSet
    from drumscribe.inference.transcriber import Transcriber


def preprocess(arguments: Namespace) -> int:
    """``drumscribe preprocess``."""
    overrides = list(arguments.overrides)
    if arguments.max_files is not None:
        overrides.append(f"data.max_files={arguments.max_files}")
    config = load_config(arguments.config, overrides)
    from drumscribe.data.preprocess import preprocess as run

    summary = run(config, overwrite=arguments.overwrite)
    print(
        f"{config.data.processed_path}: {summary.n_shards_made} shards made, "
        f"{summary.n_shards_kept} kept"
    )
    _print_lines(summary.lines())
    return 0 if any(split.n_recordings for split in summary.splits.values()) else 1


def train(arguments: Namespace) -> int:
    """``drumscribe train``."""
    config = load_config(arguments.config, arguments.overrides)
    store = config.data.processed_path
    if not any(store.glob("train/shard-*.h5")):
        raise DrumscribeError(f"{store}: holds no features; run 'drumscribe preprocess' first")
    _limit_threads(config.training.n_workers)
    from drumscribe.training.fit import fit

    result = fit(config, resume=arguments.resume, overwrite=arguments.overwrite)
    print(f"{result.best_path}: onset F1 {result.best_score:.4f} on the validation split")
    return 0


def transcribe(arguments: Namespace) -> int:
    """``drumscribe transcribe``."""
    from drumscribe.transcribe_files import output_formats, plan_outputs, transcribe_files

    inputs = [*arguments.inputs, *([arguments.audio] if arguments.audio else [])]
    if not inputs:
        raise DrumscribeError("nothing to transcribe; name an audio file or a folder of them")
    jobs = plan_outputs(inputs, arguments.output, output_formats(arguments.format))
    thresholds = _thresholds(arguments.threshold)
    config = load_config(arguments.config, arguments.overrides)
    transcriber = _transcriber(_find_model(arguments.checkpoint, config), config, thresholds)
    failures = transcribe_files(transcriber, jobs)
    return 1 if failures else 0


def evaluate(arguments: Namespace) -> int:
    """``drumscribe evaluate``."""
    import json

    config = load_config(arguments.config, arguments.overrides)
    folder = _labelled_folder(arguments, config)
    transcriber = _transcriber(_find_model(arguments.checkpoint, config), config)
    from drumscribe.evaluation.evaluate import evaluate as run
    from drumscribe.utils.files import write_text

    references = _references(arguments, folder, transcriber, config)
    report = run(transcriber, references, merge_classes=arguments.classes == "5")
    _print_lines(report.lines())
    if arguments.json is not None:
        write_text(arguments.json, json.dumps(report.to_dict(), indent=1) + "\n")
    return 0


def tune(arguments: Namespace) -> int:
    """``drumscribe tune``."""
    config = load_config(arguments.config, arguments.overrides)
    folder = _labelled_folder(arguments, config)
    path = _find_model(arguments.checkpoint, config)
    if arguments.output.suffix != path.suffix:
        raise DrumscribeError(
            f"{arguments.output}: name a file that ends in {path.suffix}, as {path.name} does"
        )
    transcriber = _transcriber(path, config)
    from drumscribe.evaluation.tuning import tune as run
    from drumscribe.models.retune import write_with_thresholds

    tuned = run(
        transcriber,
        _references(arguments, folder, transcriber, config),
        config.inference,
        strategy=arguments.strategy,
    )
    write_with_thresholds(path, arguments.output, tuned.thresholds)
    if arguments.plot is not None:
        from drumscribe.evaluation.figures import write_threshold_figure

        write_threshold_figure(tuned, arguments.plot)
    _print_lines(tuned.lines())
    print(f"{arguments.output}: written")
    return 0


def export(arguments: Namespace) -> int:
    """``drumscribe export``."""
    config = load_config(arguments.config, arguments.overrides)
    checkpoint = _find_model(arguments.checkpoint, config)
    if arguments.model.suffix != ".onnx":
        raise DrumscribeError(f"{arguments.model}: name a file that ends in .onnx")
    _limit_threads(n_busy=0)
    from drumscribe.models.export import export_onnx

    export_onnx(checkpoint, arguments.model)
    print(f"{arguments.model}: {arguments.model.stat().st_size / 1e6:.1f} MB, from {checkpoint}")
    return 0


def info(arguments: Namespace) -> int:
    """``drumscribe info``."""
    import yaml

    config = load_config(arguments.config, arguments.overrides)
    path = _find_model(arguments.model, config)
    from drumscribe.models.load import load_model

    header = load_model(path).header
    print(yaml.safe_dump({"file": str(path)} | header.to_dict(), sort_keys=False), end="")
    return 0


def models(arguments: Namespace) -> int:
    """``drumscribe models``."""
    for model in bundled_models():
        size_mb = model.path.stat().st_size / 1e6
        print(f"{model.name}: {model.description} ({size_mb:.1f} MB, {model.path})")
    return 0


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
        n_workers=arguments.workers,
    )
    summary = write_dataset(arguments.folder, config)
    splits = ", ".join(f"{n} {name}" for name, n in summary.n_recordings_by_split.items())
    hits = ", ".join(f"{name} {n}" for name, n in summary.n_notes_by_lane.items())
    print(f"{arguments.folder}: {summary.n_recordings} recordings ({splits})")
    print(f"{summary.duration_s:.0f} s of audio; hits: {hits}")
    return 0


def render(arguments: Namespace) -> int:
    """``drumscribe render``."""
    config = load_config(arguments.config, arguments.overrides)
    n_workers = config.preprocessing.n_workers or os.cpu_count() or 1
    if arguments.layout is not None:
        from drumscribe.data.render.egmd_layout import LayoutJob, write_egmd_layout

        layout = LayoutJob(
            folder=arguments.layout,
            midi_dir=arguments.midi,
            kits_dir=arguments.kits,
            n_performances=arguments.performances,
            seed=arguments.seed,
            n_workers=n_workers,
        )
        print(f"{arguments.layout}: {write_egmd_layout(layout)} recordings")
        return 0
    from drumscribe.data.render.render_config import EVALUATION, RenderConfig
    from drumscribe.data.render.render_store import StoreJob, write_rendered_store
    from drumscribe.data.render.sources import Split

    hours: dict[Split, float] = {
        "train": arguments.hours,
        "val": arguments.val_hours,
        "test": arguments.test_hours,
    }
    for split, split_hours in hours.items():
        if split_hours <= 0:
            continue
        job = StoreJob(
            folder=config.data.processed_path,
            midi_dir=arguments.midi,
            kits_dir=arguments.kits,
            split=split,
            hours=split_hours,
            seed=arguments.seed,
            render=EVALUATION if split == "test" else RenderConfig(),
            features=config.features,
            n_workers=n_workers,
            soundfont=arguments.soundfont,
        )
        shards = write_rendered_store(job, overwrite=arguments.overwrite)
        print(f"{shards[0].parent}: {split_hours:g} h in {len(shards)} shards")
    return 0


def egmd_download(arguments: Namespace) -> int:
    """``drumscribe egmd download``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.data.egmd_download import FULL_ARCHIVE, MIDI_ARCHIVE, download_egmd

    archive = MIDI_ARCHIVE if arguments.midi_only else FULL_ARCHIVE
    folder = download_egmd(config.data.root_path, archive, delete_zip=arguments.delete_zip)
    print(f"{folder}: ready")
    if folder != config.data.dataset_path:
        print(f"set data.dataset_dir={folder.name} to use it (it is {config.data.dataset_dir!r})")
    return 0


def egmd_verify(arguments: Namespace) -> int:
    """``drumscribe egmd verify``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.data.egmd_verify import verify_egmd

    report = verify_egmd(config.data.dataset_path, n_workers=arguments.workers, full=arguments.full)
    _print_lines(report.lines())
    return 0 if report.ok else 1


def doctor(arguments: Namespace) -> int:
    """``drumscribe doctor``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.doctor import can_train, diagnose, report_lines

    checks = diagnose(config)
    _print_lines(report_lines(checks))
    return 0 if can_train(checks) else 1


def _labelled_folder(arguments: Namespace, config: Config) -> Path:
    """The folder of the labelled recordings that the user named."""
    named: Path | None = arguments.egmd or arguments.mdb
    folder = named or config.data.processed_path / arguments.split
    if not folder.is_dir():
        hint = "check the path" if named else "run 'drumscribe preprocess' first"
        raise DrumscribeError(f"{folder}: no such folder; {hint}")
    return folder


def _references(
    arguments: Namespace, folder: Path, transcriber: "Transcriber", config: Config
) -> "ReferenceSet":
    """The labelled recordings that the user named."""
    from drumscribe.evaluation.references import egmd_references, mdb_references, store_references

    header = transcriber.model.header
    if arguments.egmd is not None:
        return egmd_references(folder, header, config)
    if arguments.mdb is not None:
        return mdb_references(folder, header, arguments.mix)
    return store_references(folder, header)


def _transcriber(
    path: Path, config: Config, thresholds: dict[str, float] | None = None
) -> "Transcriber":
    """The transcriber of the model at ``path``; thresholds as ``_thresholds`` gives them."""
    thresholds = dict(thresholds or {})
    logger.info("model: %s", path)
    _limit_threads(n_busy=0)
    from drumscribe.inference.transcriber import Transcriber
    from drumscribe.models.load import load_model

    model = load_model(path)
    if "" in thresholds:  # one value for every drum, except those named
        thresholds = dict.fromkeys(model.header.kit.names, thresholds.pop("")) | thresholds
    return Transcriber(model, config.inference, thresholds)


def _find_model(path: Path | None, config: Config) -> Path:
    """The model that the user means.

    ``path`` itself; for a bare name that is not here, that file of the configuration's run, or
    else of the newest; the bundled model when no path was given.
    """
    if path is None:
        return bundled_path()
    if path.exists() or path.name != str(path):
        return require_file(path, what="checkpoint", hint="train one with 'drumscribe train'")
    runs = config.data.checkpoints_path
    of_this_run = runs / config.training.run_name / path.name
    if of_this_run.is_file():
        return of_this_run
    found = sorted(runs.glob(f"*/{path.name}"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise DrumscribeError(
            f"{path}: no such checkpoint here or in {runs}; train one with 'drumscribe train', or "
            "name one with --checkpoint"
        )
    return found[-1]


def _thresholds(options: Iterable[str]) -> dict[str, float]:
    """Thresholds by drum from ``--threshold`` options; the name "" stands for every drum."""
    thresholds: dict[str, float] = {}
    for option in options:
        drum, _, text = option.rpartition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise DrumscribeError(
                f"--threshold {option}: must be a number 0..1, or DRUM=number, as kick=0.3"
            )
        thresholds[drum] = value
    return thresholds


def _limit_threads(n_busy: int) -> None:
    """Leave a core to each of ``n_busy`` other processes: threads that wait for one stall all.

    Must run before torch is imported; a number the user has set stays.
    """
    n_free = max(1, (os.cpu_count() or 1) - n_busy)
    os.environ.setdefault("OMP_NUM_THREADS", str(n_free))


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
