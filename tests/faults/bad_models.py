"""Model files nobody should trust: damaged, foreign, or made to do harm."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper

from drumscribe.config import FeatureConfig, ModelConfig
from drumscribe.drums import LANES8
from drumscribe.models import checkpoint
from drumscribe.models.crnn import DrumCRNN
from drumscribe.models.header import HEADER_KEY, ModelHeader

_SIZE = ModelConfig(
    conv_channels=(2,),
    frequency_pools=(2,),
    gru_units=2,
    gru_layers=1,
    velocity_head=False,
    beat_head=False,
)
_FEATURES = FeatureConfig(n_mels=8)
HEADER = ModelHeader(LANES8, _FEATURES, _SIZE, dict.fromkeys(LANES8.names, 0.4))


class Trap:
    """What runs as code in whoever unpickles it: it would make a file called ``sprung``."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (Path("sprung"),))


def good_checkpoint(path: Path, **changes: Any) -> None:
    """A small model that loads, or one whose contents are changed."""
    torch.manual_seed(1)
    network = DrumCRNN(_SIZE, n_mels=8, n_classes=8)
    weights = {checkpoint.STATE_PREFIX + k: v for k, v in network.state_dict().items()}
    contents = {"state_dict": weights, HEADER_KEY: HEADER.to_dict()}
    torch.save(contents | changes, path)


def graph_model(path: Path, *, shape: tuple[Any, ...] = ("b", "t", 8), **changes: Any) -> None:
    """A network that gives back its input, with our header: right in form, if nothing is changed.

    Args:
        path: the file to write.
        shape: of input and output.
        changes: ``source`` and ``result`` name input and output, ``header`` is what it says.
    """
    source, result = changes.get("source", "log_mel"), changes.get("result", "onset")
    kind = changes.get("kind", TensorProto.FLOAT)
    nodes = changes.get("nodes") or [helper.make_node("Identity", [source], [result])]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(source, kind, shape)],
        [helper.make_tensor_value_info(result, kind, changes.get("result_shape", shape))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    header = changes.get("header", json.dumps(HEADER.to_dict()))
    if header is not None:
        helper.set_model_props(model, {HEADER_KEY: header})
    path.write_bytes(model.SerializeToString())


def _first_half(write: Callable[[Path], None]) -> Callable[[Path], None]:
    def cut(path: Path) -> None:
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return cut


def _zip_with_trap(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap()))
        archive.writestr("archive/version", "3\n")


def _external(path: Path) -> None:
    """Weights that are said to lie in a file elsewhere."""
    tensor = onnx.TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    node = helper.make_node("Identity", ["weights"], ["onset"])
    value = [helper.make_tensor_value_info("onset", TensorProto.FLOAT, [4])]
    graph = helper.make_graph([node], "graph", [], value, [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {HEADER_KEY: json.dumps(HEADER.to_dict())})
    path.write_bytes(model.SerializeToString())


def _deep(path: Path) -> None:
    graph_model(path, header="[" * 100_000)


def _not_a_number(path: Path) -> None:
    zero = helper.make_node("Sub", ["log_mel", "log_mel"], ["zero"])
    graph_model(path, nodes=[zero, helper.make_node("Div", ["zero", "zero"], ["onset"])])


def _header(**changes: Any) -> str:
    return json.dumps(HEADER.to_dict() | changes)


def _features(**changes: Any) -> dict[str, Any]:
    features: dict[str, Any] = HEADER.to_dict()["features"]
    return features | changes


BAD_MODELS: dict[str, Callable[[Path], None]] = {
    "missing/a.onnx": lambda path: None,
    "folder.onnx": Path.mkdir,
    "empty.onnx": Path.touch,
    "empty.ckpt": Path.touch,
    "text.onnx": lambda path: path.write_text("weights"),
    "text.ckpt": lambda path: path.write_text("weights"),
    "zeros.onnx": lambda path: path.write_bytes(bytes(10_000)),
    "zeros.ckpt": lambda path: path.write_bytes(bytes(10_000)),
    "cut.onnx": _first_half(graph_model),
    "cut.ckpt": _first_half(good_checkpoint),
    "pickle.ckpt": lambda path: path.write_bytes(pickle.dumps(Trap())),
    "old pickle.ckpt": lambda path: path.write_bytes(pickle.dumps(Trap(), protocol=0)),
    "zip.ckpt": _zip_with_trap,
    "trap.ckpt": lambda path: good_checkpoint(path, extra=Trap()),
    "foreign.ckpt": lambda path: torch.save({"model": torch.zeros(3)}, path),
    "list.ckpt": lambda path: torch.save([1, 2], path),
    "other clock.ckpt": lambda path: good_checkpoint(
        path, **{HEADER_KEY: HEADER.to_dict() | {"clock": {"sample_rate": 44100}}}
    ),
    "no weights.ckpt": lambda path: good_checkpoint(path, state_dict={}),
    "onnx in a.ckpt": graph_model,
    "foreign.onnx": lambda path: graph_model(path, header=None),
    "header is no json.onnx": lambda path: graph_model(path, header="{"),
    "header is a list.onnx": lambda path: graph_model(path, header="[1, 2]"),
    "deep header.onnx": _deep,
    "long number.onnx": lambda path: graph_model(path, header="9" * 10_000),
    "no features.onnx": lambda path: graph_model(path, header=_header(features={})),
    "no sizes.onnx": lambda path: graph_model(path, header=_header(model={})),
    "absent head.onnx": lambda path: graph_model(
        path, header=_header(model=HEADER.to_dict()["model"] | {"velocity_head": True})
    ),
    "next format.onnx": lambda path: graph_model(path, header=_header(format_version=99)),
    "other kit.onnx": lambda path: graph_model(path, header=_header(kit="piano")),
    "other features.onnx": lambda path: graph_model(
        path, header=_header(features=_features(n_mels=64))
    ),
    "other input.onnx": lambda path: graph_model(path, source="image"),
    "other output.onnx": lambda path: graph_model(path, result="label"),
    "other type.onnx": lambda path: graph_model(path, kind=TensorProto.INT64),
    "other classes.onnx": lambda path: graph_model(
        path, shape=("b", "t", 16), header=_header(features=_features(n_mels=16))
    ),
    "fixed length.onnx": lambda path: graph_model(path, shape=(1, 7, 8)),
    "external.onnx": _external,
    "not a number.onnx": _not_a_number,
}
"""Names and makers of files that no command may believe."""
