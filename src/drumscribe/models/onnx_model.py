"""Models as one ``.onnx`` file, run by onnxruntime: no torch, the header in the file's metadata."""

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from drumscribe.models.frame_model import N_BEAT_CLASSES, Activations
from drumscribe.models.header import HEADER_KEY, ModelHeader, header_from_dict
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.cores import n_usable_cores
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

INPUT_NAME = "log_mel"

STATE_NAME, NEXT_STATE_NAME = "state", "next_state"
"""The GRU's state in causal models: an input and an output."""

_CUDA = "CUDAExecutionProvider"
_PROVIDERS = (_CUDA, "CPUExecutionProvider")

_MOST_AT_ONCE = 2  # calls, each of which takes memory of its own: 100 MB for 20 s

_TRIED_SHAPE = (2, 3)  # batch and frames: neither is what a network of fixed sizes takes


class OnnxFrameModel:
    """A ``FrameModel`` that runs on onnxruntime.

    Args:
        session: an ``onnxruntime.InferenceSession``.
        header: what its inputs and outputs mean.
        n_at_once: how many threads may call it at once.
    """

    def __init__(self, session: Any, header: ModelHeader, n_at_once: int = 1) -> None:
        self._session = session
        self.n_at_once = n_at_once
        self._run_options: Any = None
        self._output_names = [output.name for output in session.get_outputs()]
        self._header = header

    @property
    def header(self) -> ModelHeader:
        """What its inputs and outputs mean."""
        return self._header

    @property
    def is_on_gpu(self) -> bool:
        """As ``FrameModel.is_on_gpu``: builds for GPUs fall back where they can use none."""
        return _CUDA in self._session.get_providers()

    def __call__(self, log_mel: FloatArray) -> Activations:
        """Activations (B, T, C) of log-mel (B, T, F)."""
        sizes = self._header.model
        if sizes.lookahead_frames is None:
            return Activations.of_heads(self._run({INPUT_NAME: log_mel}))
        n_before = sizes.context_frames - sizes.lookahead_frames
        padded = np.pad(log_mel, ((0, 0), (n_before, sizes.lookahead_frames), (0, 0)))
        return self.step(padded, self.initial_state(len(log_mel)))[0]

    def free_memory(self) -> None:
        """As ``FrameModel.free_memory``: onnxruntime does so after a run that asks for it."""
        from onnxruntime import RunOptions

        self._run_options = RunOptions()
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        with contextlib.suppress(Exception):  # of builds that keep none
            self(np.zeros((*_TRIED_SHAPE, self._header.features.n_mels), np.float32))
        self._run_options = None

    def initial_state(self, n_streams: int) -> FloatArray:
        """The state of a causal model before the first frame, for ``step``.

        Its shape is (layers, n_streams, units).
        """
        sizes = self._header.model
        return np.zeros((sizes.gru_layers, n_streams, sizes.gru_units), np.float32)

    def step(self, log_mel: FloatArray, state: FloatArray) -> tuple[Activations, FloatArray]:
        """Activations of a stretch of frames by a causal model, going on from the one before it.

        Args:
            log_mel: shape (B, context + T, F), the context heard before.
            state: what the last call gave, at first ``initial_state``.

        Returns:
            Activations (B, T, C), and the state after them.
        """
        heads = self._run({INPUT_NAME: log_mel, STATE_NAME: state})
        return Activations.of_heads(heads), heads[NEXT_STATE_NAME]

    def _run(self, inputs: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """The outputs by name."""
        fed = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()}
        heads = self._session.run(self._output_names, fed, self._run_options)
        return dict(zip(self._output_names, heads, strict=True))


def load_onnx(path: Path) -> OnnxFrameModel:
    """The model of an ``.onnx`` file written by ``drumscribe export``.

    Raises:
        DrumscribeError: when it is absent, damaged, of another program, or of another clock or kit.
    """
    require_file(path, what="model", hint="write one with 'drumscribe export'")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are raised, too
    # Two calls on a thread each take two thirds of the time that they take one by one on two.
    n_threads = _n_threads()
    n_at_once = min(n_threads, _MOST_AT_ONCE)
    options.intra_op_num_threads = n_threads - n_at_once + 1  # whoever calls is one of them
    options.enable_mem_pattern = False  # a plan of all buffers at once takes more, and no less time
    try:
        with contextlib.redirect_stdout(None):  # where it prints before it tries other providers
            session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=_providers(onnxruntime)
            )
        metadata = session.get_modelmeta().custom_metadata_map
    except Exception as error:  # onnxruntime's errors share no base class but this
        raise DrumscribeError(
            f"{path}: is not a readable ONNX model; it is damaged, or of another program"
        ) from error
    if HEADER_KEY not in metadata:
        raise DrumscribeError(
            f"{path}: is not a drumscribe model; give one written by 'drumscribe export'"
        )
    try:
        values = json.loads(metadata[HEADER_KEY])
    except (ValueError, RecursionError) as error:
        raise DrumscribeError(f"{path}: its header is damaged; export the model again") from error
    model = OnnxFrameModel(session, header_from_dict(values, source=str(path)), n_at_once)
    _require_true_header(model, path)
    return model


def _require_true_header(model: OnnxFrameModel, path: Path) -> None:
    """Refuse a network that does not hear and say what its header tells, by running it once."""
    header = model.header
    try:
        heads = model(np.zeros((*_TRIED_SHAPE, header.features.n_mels), np.float32))
    except Exception as error:  # onnxruntime's errors share no base class but this
        raise DrumscribeError(
            f"{path}: its network is not the one its header describes; export the model again"
        ) from error
    for head, is_wanted, n_values in (
        (heads.onset, True, len(header.kit)),
        (heads.velocity, header.model.velocity_head, len(header.kit)),
        (heads.beat, header.model.beat_head, N_BEAT_CLASSES),
    ):
        is_right = head is None or (
            head.shape == (*_TRIED_SHAPE, n_values) and bool(np.isfinite(head).all())
        )
        if (head is not None) != is_wanted or not is_right:
            raise DrumscribeError(
                f"{path}: its network does not give the activations that its header tells of; "
                "export the model again"
            )


def _providers(onnxruntime: Any) -> list[str]:
    """What of this machine the network runs on, best first.

    Others that a build may offer are left out: TensorRT plans for minutes for each shape, and
    CoreML computes in half precision, which is other events.
    """
    available = onnxruntime.get_available_providers()
    return [provider for provider in _PROVIDERS if provider in available]


def _n_threads() -> int:
    """Threads by ``OMP_NUM_THREADS``, which may list one number per level; else one a core."""
    number = re.match(r"\s*(\d+)", os.environ.get("OMP_NUM_THREADS", ""))
    return (int(number[1]) if number else 0) or n_usable_cores()
