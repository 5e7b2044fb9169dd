"""Model files: ``drumscribe export``, ``info`` and ``models``."""

from argparse import Namespace

from drumscribe.commands.model_choice import find_model, limit_threads
from drumscribe.config import load_config
from drumscribe.models.bundled import bundled_models
from drumscribe.models.load import is_onnx, load_model
from drumscribe.utils.disk import MB
from drumscribe.utils.errors import DrumscribeError


def export(arguments: Namespace) -> int:
    """``drumscribe export``."""
    limit_threads()
    config = load_config(arguments.config, arguments.overrides)
    checkpoint = find_model(arguments.checkpoint, config)
    if not is_onnx(arguments.model):
        raise DrumscribeError(f"{arguments.model}: name a file that ends in .onnx")
    if is_onnx(checkpoint):
        raise DrumscribeError(f"{checkpoint}: is an .onnx model already; name a checkpoint, .ckpt")
    from drumscribe.models.export import export_onnx

    export_onnx(checkpoint, arguments.model, half=arguments.half)
    print(f"{arguments.model}: {arguments.model.stat().st_size / MB:.1f} MB, from {checkpoint}")
    return 0


def info(arguments: Namespace) -> int:
    """``drumscribe info``."""
    import yaml

    config = load_config(arguments.config, arguments.overrides)
    path = find_model(arguments.model, config)
    header = load_model(path).header
    print(yaml.safe_dump({"file": str(path)} | header.to_dict(), sort_keys=False), end="")
    return 0


def models(arguments: Namespace) -> int:
    """``drumscribe models``."""
    for model in bundled_models():
        size_mb = model.path.stat().st_size / MB
        print(f"{model.name}: {model.description} ({size_mb:.1f} MB, {model.path})")
    return 0
