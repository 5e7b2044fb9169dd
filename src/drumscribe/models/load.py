"""Loading a model whatever its file: a torch checkpoint or an ONNX export."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drumscribe.models.frame_model import FrameModel


def is_onnx(path: Path) -> bool:
    """Whether a model file is an ONNX export by its name; any other is a checkpoint."""
    return path.suffix.lower() == ".onnx"


def load_model(path: Path) -> "FrameModel":
    """The model of ``path``, by its suffix; torch is imported for checkpoints alone.

    Raises:
        DrumscribeError: when it is absent, damaged, or of another clock or kit.
    """
    if is_onnx(path):
        from drumscribe.models.onnx_model import load_onnx

        return load_onnx(path)
    from drumscribe.models.checkpoint import load_checkpoint

    return load_checkpoint(path)
