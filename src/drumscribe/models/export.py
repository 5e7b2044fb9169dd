"""From a checkpoint to one ``.onnx`` file that says the same."""

import json
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from drumscribe.models.checkpoint import TorchFrameModel, load_checkpoint
from drumscribe.models.crnn import DrumCRNN, activations
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import HEADER_KEY
from drumscribe.models.onnx_model import INPUT_NAME, NEXT_STATE_NAME, STATE_NAME, load_onnx
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path

TOLERANCE = 1e-4
"""Largest difference of an activation that an export may show."""

HALF_TOLERANCE = 0.02
"""The same where the weights are kept in half precision, with 11 bits instead of 24."""

_OPSET = 17
_TRACED_FRAMES = 200
_CHECKED_SHAPES = ((1, 53), (3, 777))
_FEWEST_HALVED = 256  # small tensors, above all biases, stay as they are


class _ActivationModel(nn.Module):
    """The network with the sigmoids that inference wants."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, log_mel: Tensor) -> tuple[Tensor, ...]:
        return tuple(activations(self.network(log_mel)).values())


class _StepModel(nn.Module):
    """The same for a causal network, which goes on from a state."""

    def __init__(self, network: DrumCRNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, log_mel: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        logits, state = self.network.step(log_mel, state)
        return (*activations(logits).values(), state)


def export_onnx(checkpoint: Path, target: Path, *, half: bool = False) -> None:
    """Write the model of ``checkpoint`` as ``target``, whole or not at all.

    Batch and time axes are dynamic; a causal network has its state as another input and output. The
    file is run by onnxruntime on random input and compared with torch before it gets its name.

    Args:
        checkpoint: a ``.ckpt``.
        target: the ``.onnx`` file.
        half: keep weights in half precision: half the size. They are widened when the file is
            loaded, so that it runs anywhere and as fast.

    Raises:
        DrumscribeError: when the checkpoint cannot be read, the file cannot be written, or the two
            disagree.
    """
    model = load_checkpoint(checkpoint, device="cpu")
    with atomic_path(target) as temporary:
        _write(model, temporary, half=half)
        difference = _largest_difference(model, temporary)
        allowed = HALF_TOLERANCE if half else TOLERANCE
        if not difference <= allowed:  # nor where it is not a number
            remedy = "leave out --half" if half else "this is a bug, please report it"
            raise DrumscribeError(
                f"{target}: the export differs from the checkpoint by {difference:.1e}; {remedy}"
            )


@dataclass(frozen=True)
class _Traced:
    """What is handed to the exporter."""

    network: nn.Module
    examples: tuple[Tensor, ...]
    inputs: list[str]
    outputs: list[str]
    axes: dict[str, dict[int, str]]


def _traced(model: TorchFrameModel) -> _Traced:
    sizes, n_mels = model.header.model, model.header.features.n_mels
    heads = ["onset"]
    heads += ["velocity"] if sizes.velocity_head else []
    heads += ["beat"] if sizes.beat_head else []
    log_mel = torch.zeros(1, _TRACED_FRAMES, n_mels)
    axes = {name: {0: "batch", 1: "time"} for name in (INPUT_NAME, *heads)}
    if sizes.lookahead_frames is None:
        network = _ActivationModel(model.network).eval()
        return _Traced(network, (log_mel,), [INPUT_NAME], heads, axes)
    state = torch.zeros(sizes.gru_layers, 1, sizes.gru_units)
    return _Traced(
        _StepModel(model.network).eval(),
        (log_mel, state),
        [INPUT_NAME, STATE_NAME],
        [*heads, NEXT_STATE_NAME],
        axes | {name: {1: "batch"} for name in (STATE_NAME, NEXT_STATE_NAME)},
    )


def _write(model: TorchFrameModel, path: Path, *, half: bool) -> None:
    traced = _traced(model)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # tracing a GRU warns of batch sizes; they are checked
        raw = Path(folder) / "model.onnx"
        torch.onnx.export(
            traced.network,
            traced.examples,
            str(raw),
            input_names=traced.inputs,
            output_names=traced.outputs,
            dynamic_axes=traced.axes,
            opset_version=_OPSET,
            dynamo=False,
        )
        contents = onnx.load(str(raw))
    if half:
        _halve_weights(contents.graph)
    onnx.helper.set_model_props(contents, {HEADER_KEY: json.dumps(model.header.to_dict())})
    path.write_bytes(contents.SerializeToString())


def _halve_weights(graph: onnx.GraphProto) -> None:
    """Keep large tensors in half precision, each widened by a node of its own, in place."""
    widening = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _FEWEST_HALVED:
            continue
        wide, kept = tensor.name, f"{tensor.name}.half"
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), kept))
        widening.append(onnx.helper.make_node("Cast", [kept], [wide], to=onnx.TensorProto.FLOAT))
    nodes = [*widening, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _largest_difference(model: TorchFrameModel, path: Path) -> float:
    exported = load_onnx(path)
    rng = np.random.default_rng(0)
    differences = []
    for n_chunks, n_frames in _CHECKED_SHAPES:
        shape = (n_chunks, n_frames, model.header.features.n_mels)
        log_mel = rng.random(shape, dtype=np.float32)
        differences.append(_difference(model(log_mel), exported(log_mel)))
    return float(np.max(differences))


def _difference(wanted: Activations, found: Activations) -> float:
    """The largest of all heads; infinite where one has a head that the other lacks."""
    ours, theirs = wanted.heads(), found.heads()
    if ours.keys() != theirs.keys():
        return float("inf")
    largest = [np.abs(ours[name] - theirs[name]).max() for name in ours]
    return float(np.max(largest))  # keeps what is not a number, unlike ``max``
