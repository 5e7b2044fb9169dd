"""Writing a model again with another header, its weights as they were."""

import json
from pathlib import Path

from drumscribe.models.header import HEADER_KEY, ModelHeader
from drumscribe.models.load import is_onnx
from drumscribe.utils.files import atomic_path


def write_with_header(source: Path, target: Path, header: ModelHeader) -> None:
    """Copy a model file that loads, ``.ckpt`` or ``.onnx``, with ``header`` in place of its own.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    with atomic_path(target) as temporary:
        if is_onnx(source):
            _write_onnx(source, temporary, header)
        else:
            _write_checkpoint(source, temporary, header)


def _write_onnx(source: Path, target: Path, header: ModelHeader) -> None:
    import onnx

    contents = onnx.load(str(source))
    onnx.helper.set_model_props(contents, {HEADER_KEY: json.dumps(header.to_dict())})
    target.write_bytes(contents.SerializeToString())


def _write_checkpoint(source: Path, target: Path, header: ModelHeader) -> None:
    import torch

    contents = torch.load(source, map_location="cpu", weights_only=True)
    contents[HEADER_KEY] = header.to_dict()
    torch.save(contents, target)
