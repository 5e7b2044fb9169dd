"""From human MIDI and sample kits to a model file: render, train, tune, export, in one go.

    python scripts/pretrain.py --midi GMD --kits KITS -o model.onnx

Run it again after an interruption and it goes on where it stopped. Everything it writes but the
model lies below ``data.root`` of the configuration.
"""

import argparse
from pathlib import Path

from drumscribe.cli import main as drumscribe
from drumscribe.config import load_config
from drumscribe.utils.errors import DrumscribeError

_CONFIG = Path(__file__).parents[1] / "configs" / "pretrained_config.yaml"


def main() -> int:
    """Run the steps until one fails; return its exit status."""
    arguments = _arguments()
    settings = ["--config", str(arguments.config)]
    for override in arguments.overrides:
        settings += ["--set", override]
    config = load_config(arguments.config, arguments.overrides)
    run_dir = config.data.checkpoints_path / config.training.run_name
    best, tuned = run_dir / "best_model.ckpt", run_dir / "tuned.ckpt"

    render = ["render", "--midi", str(arguments.midi), "--kits", str(arguments.kits)]
    render += ["--hours", str(arguments.hours), "--val-hours", str(arguments.val_hours)]
    if arguments.soundfont is not None:
        render += ["--soundfont", str(arguments.soundfont)]
    if arguments.voices is not None:
        render += ["--voices", str(arguments.voices)]
    resume = ["--resume"] if (run_dir / "last.ckpt").is_file() else []
    steps = [
        [*render, *settings],
        ["train", *settings, *resume],
        ["tune", "-c", str(best), "-o", str(tuned), *settings],
        ["export", "--half", str(tuned), str(arguments.output)],
    ]
    for step in steps:
        status = drumscribe(step)
        if status:
            return status
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--midi", type=Path, required=True, help="the Groove MIDI Dataset")
    parser.add_argument("--kits", type=Path, required=True, help="a folder with kits.json")
    parser.add_argument("--soundfont", type=Path, help="a General MIDI .sf2 for accompaniment")
    parser.add_argument("--voices", type=Path, help="a folder of recorded voices, likewise")
    parser.add_argument("--hours", type=float, default=60.0, help="rendered (default: 60)")
    parser.add_argument("--val-hours", type=float, default=1.0, help="to tune on (default: 1)")
    parser.add_argument("-o", "--output", type=Path, default=Path("model.onnx"))
    parser.add_argument("--config", type=Path, default=_CONFIG)
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="SECTION.KEY=VALUE"
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except DrumscribeError as error:
        raise SystemExit(f"pretrain: {error}") from None
