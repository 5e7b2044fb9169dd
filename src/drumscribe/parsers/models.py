"""Options of ``drumscribe export``, ``info`` and ``models``."""

from pathlib import Path

from drumscribe.parsers.common import Commands, add_command, add_config, model_path


def add_export(commands: Commands) -> None:
    """Options of ``drumscribe export``."""
    parser = add_command(
        commands, "export", "a checkpoint as one .onnx file that needs no torch", "models.export"
    )
    parser.add_argument(
        "checkpoint", type=model_path, help="a .ckpt; a bare name as for transcribe"
    )
    parser.add_argument("model", type=Path, help="the .onnx file to write")
    parser.add_argument(
        "--half", action="store_true", help="weights in half precision: half the size"
    )
    add_config(parser)


def add_info(commands: Commands) -> None:
    """Options of ``drumscribe info``."""
    parser = add_command(
        commands, "info", "what a model is: kit, clock, thresholds, origin", "models.info"
    )
    parser.add_argument("model", type=model_path, help="a .ckpt or .onnx file")
    add_config(parser)


def add_models(commands: Commands) -> None:
    """Options of ``drumscribe models``."""
    add_command(commands, "models", "the models that come with drumscribe", "models.models")
