"""Models against labelled recordings: ``drumscribe evaluate`` and ``tune``."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.commands.model_choice import (
    find_model,
    hearing_config,
    limit_threads,
    make_streamed,
    make_transcriber,
)
from drumscribe.commands.unused_options import require_unused
from drumscribe.config import Config, load_config
from drumscribe.models.bundled import LIVE_MODEL
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_target

if TYPE_CHECKING:
    from drumscribe.evaluation.references import ReferenceSet
    from drumscribe.inference.transcriber import Transcriber

_FIGURES = (".png", ".svg", ".pdf")


def evaluate(arguments: Namespace) -> int:
    """``drumscribe evaluate``."""
    limit_threads()
    import json

    page = _page_path(arguments.report)
    _require_targets(page, arguments.json)
    config = hearing_config(arguments)
    folder = _labelled_folder(arguments, config)
    default = LIVE_MODEL if arguments.live else None
    model_path = find_model(arguments.checkpoint, config, default=default)
    transcriber = (make_streamed if arguments.live else make_transcriber)(model_path, config)
    from drumscribe.evaluation.evaluate import evaluate as run
    from drumscribe.evaluation.page.write import N_STRIPS, write_page
    from drumscribe.utils.files import write_text

    references = _references(arguments, folder, transcriber, config)
    report = run(
        transcriber,
        references,
        merge_classes=arguments.classes == "5",
        n_excerpts=N_STRIPS if page is not None else 0,
    )
    print(*report.lines(), sep="\n")
    if arguments.json is not None:
        write_text(arguments.json, json.dumps(report.to_dict(), indent=1) + "\n")
    if page is not None:
        write_page(report, page, title=_title(arguments, model_path, folder))
        print(f"{page}: written")
    return 0


def tune(arguments: Namespace) -> int:
    """``drumscribe tune``."""
    limit_threads()
    config = load_config(arguments.config, arguments.overrides)
    folder = _labelled_folder(arguments, config)
    path = find_model(arguments.checkpoint, config)
    if arguments.output.suffix.lower() != path.suffix.lower():
        raise DrumscribeError(
            f"{arguments.output}: name a file that ends in {path.suffix}, as {path.name} does"
        )
    _require_figure_name(arguments.plot)
    _require_targets(arguments.output, arguments.plot)
    transcriber = make_transcriber(path, config)
    from drumscribe.evaluation.tuning import tune as run
    from drumscribe.models.rewrite_header import write_with_header

    tuned = run(
        transcriber,
        _references(arguments, folder, transcriber, config),
        config.inference,
        strategy=arguments.strategy,
    )
    header = tuned.applied_to(transcriber.model.header)
    write_with_header(path, arguments.output, header)
    if arguments.plot is not None:
        from drumscribe.evaluation.figures import write_threshold_figure

        write_threshold_figure(tuned, arguments.plot)
    print(*tuned.lines(), sep="\n")
    print(f"{arguments.output}: written")
    return 0


def _labelled_folder(arguments: Namespace, config: Config) -> Path:
    """The folder of the labelled recordings that the user named."""
    if arguments.mdb is None:
        require_unused(arguments, ["mix"], "it is of --mdb, MDB Drums")
    named: Path | None = arguments.egmd or arguments.mdb
    if named is None:
        from drumscribe.data.shard_format import require_shards

        folder: Path = config.data.processed_path / arguments.split
        require_shards(folder)
        return folder
    if not named.is_dir():
        raise DrumscribeError(f"{named}: no such folder; check the path")
    return named


def _page_path(folder: Path | None) -> Path | None:
    """Where the page goes that the user asked for."""
    if folder is None:
        return None
    if folder.is_file() or folder.suffix == ".html":
        raise DrumscribeError(f"{folder}: is no folder; name the one that report.html goes into")
    return folder / "report.html"


def _require_targets(*paths: Path | None) -> None:
    """Refuse what cannot be written, of those that were named, before a model is loaded."""
    for path in filter(None, paths):
        require_target(path)


def _require_figure_name(path: Path | None) -> None:
    """Refuse a figure of an unknown kind before anything is tuned."""
    if path is not None and path.suffix not in _FIGURES:
        raise DrumscribeError(f"{path}: name a file that ends in .png, .svg or .pdf")


def _title(arguments: Namespace, model_path: Path, folder: Path) -> str:
    """What was scored on what, in one line."""
    mix = f" ({arguments.mix})" if arguments.mdb is not None else ""
    return f"{model_path.name} on {folder.resolve().name}{mix}"


def _references(
    arguments: Namespace, folder: Path, transcriber: "Transcriber", config: Config
) -> "ReferenceSet":
    """The labelled recordings that the user named."""
    from drumscribe.evaluation.references import egmd_references, mdb_references, store_references

    header = transcriber.model.header
    if arguments.egmd is not None:
        # --split is not named beside it: the command's own, which for tune is never the test split.
        return egmd_references(folder, header, config, arguments.split)
    if arguments.mdb is not None:
        return mdb_references(folder, header, arguments.mix)
    return store_references(folder, header)
