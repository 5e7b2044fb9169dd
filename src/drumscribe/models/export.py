"""From a checkpoint to one ``.onnx`` file that says the same."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from drumscribe.models.checkpoint import TorchFrameModel, load_checkpoint
from drumscribe.models.crnn import activations
from drumscribe.models.onnx_model import HEADER_KEY, INPUT_NAME, load_onnx
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path

TOLERANCE = 1e-4
"""Largest difference of an activation that an export may show."""

_OPSET = 17
_TRACED_FRAMES = 200
_CHECKED_SHAPES = ((1, 53), (3, 777))


class _ActivationModel(nn.Module):
    """The network with the sigmoids that inference wants."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, log_mel: Tensor) -> tuple[Tensor, ...]:
        return tuple(activations(self.network(log_mel)).values())


def export_onnx(checkpoint: Path, target: Path) -> None:
    """Write the model of ``checkpoint`` as ``target``, whole or not at all.

    Batch and time axes are dynamic. The file is run by onnxruntime on random input and compared
    with torch before it gets its name.

    Raises:
        DrumscribeError: when the checkpoint cannot be read, the file cannot be written, or the two
            disagree.
    """
    model = load_checkpoint(checkpoint, device="cpu")
    with atomic_path(target) as temporary:
        _write(model, temporary)
        difference = _largest_difference(model, temporary)
        if difference > TOLERANCE:
            raise DrumscribeError(
                f"{target}: the export differs from the checkpoint by {difference:.1e}; "
                "this is a bug, please report it"
            )


def _write(model: TorchFrameModel, path: Path) -> None:
    header = model.header
    network = _ActivationModel(model.network).eval()
    heads = ["onset"]
    heads += ["velocity"] if header.model.velocity_head else []
    heads += ["beat"] if header.model.beat_head else []
    example = torch.zeros(1, _TRACED_FRAMES, header.features.n_mels)
    axes = {name: {0: "batch", 1: "time"} for name in (INPUT_NAME, *heads)}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # tracing a GRU warns of batch sizes; they are checked
        traced = Path(folder) / "model.onnx"
        torch.onnx.export(
            network,
            (example,),
            str(traced),
            input_names=[INPUT_NAME],
            output_names=heads,
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
        contents = onnx.load(str(traced))
    onnx.helper.set_model_props(contents, {HEADER_KEY: json.dumps(header.to_dict())})
    path.write_bytes(contents.SerializeToString())


def _largest_difference(model: TorchFrameModel, path: Path) -> float:
    exported = load_onnx(path)
    rng = np.random.default_rng(0)
    largest = 0.0
    for n_chunks, n_frames in _CHECKED_SHAPES:
        shape = (n_chunks, n_frames, model.header.features.n_mels)
        log_mel = rng.random(shape, dtype=np.float32)
        wanted, found = model(log_mel), exported(log_mel)
        for ours, theirs in (
            (wanted.onset, found.onset),
            (wanted.velocity, found.velocity),
            (wanted.beat, found.beat),
        ):
            if ours is not None and theirs is not None:
                largest = max(largest, float(np.abs(ours - theirs).max()))
    return largest
