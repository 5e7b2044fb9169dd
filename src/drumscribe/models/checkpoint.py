"""Checkpoints: header and weights inside a Lightning ``.ckpt``, loaded without running code."""

import warnings
from pathlib import Path
from typing import Any, TypeGuard

import torch

from drumscribe.models.crnn import DrumCRNN, activations
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import HEADER_KEY, ModelHeader, header_from_dict
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.files import require_file

STATE_PREFIX = "model."
"""What the network's weights are called in the checkpoint's state dict, before their own names."""


class TorchFrameModel:
    """A ``FrameModel`` that runs on torch.

    Args:
        model: the network.
        header: what its inputs and outputs mean.
        device: where it runs.
    """

    def __init__(
        self, model: DrumCRNN, header: ModelHeader, device: torch.device | str = "cpu"
    ) -> None:
        self.network = model.to(device)
        self._header = header
        self._device = device

    @property
    def header(self) -> ModelHeader:
        """What its inputs and outputs mean."""
        return self._header

    @property
    def n_at_once(self) -> int:
        """As ``FrameModel.n_at_once``: torch's own threads share a call."""
        return 1

    @property
    def is_on_gpu(self) -> bool:
        """As ``FrameModel.is_on_gpu``."""
        return torch.device(self._device).type == "cuda"

    @torch.inference_mode()
    def __call__(self, log_mel: FloatArray) -> Activations:
        """Activations (B, T, C) of log-mel (B, T, F).

        Raises:
            torch.OutOfMemoryError: when a GPU has too little memory.
        """
        self.network.eval()
        heads = activations(self.network(torch.from_numpy(log_mel).to(self._device)))
        return Activations.of_heads({name: head.cpu().numpy() for name, head in heads.items()})

    def free_memory(self) -> None:
        """As ``FrameModel.free_memory``: of a CPU's memory torch keeps none."""


class _LoadedModel(TorchFrameModel):
    """A model to hear recordings with, which says what helps where a GPU's memory is too small.

    In training that is something else.
    """

    def __call__(self, log_mel: FloatArray) -> Activations:
        """As ``TorchFrameModel``'s.

        Raises:
            DrumscribeError: when a GPU has too little memory.
        """
        try:
            return super().__call__(log_mel)
        except torch.OutOfMemoryError as error:
            raise DrumscribeError(
                "the GPU has too little memory; use a smaller inference.chunk_s, or "
                "CUDA_VISIBLE_DEVICES= to hear on the CPU"
            ) from error


def load_checkpoint(path: Path, device: str | None = None) -> TorchFrameModel:
    """The model of a checkpoint, ready for inference.

    Only tensors and plain values are read (``weights_only``), so a hostile file cannot run code.

    Args:
        path: a ``.ckpt`` written by ``drumscribe train``.
        device: where to run; by default the GPU if there is one.

    Raises:
        DrumscribeError: when it is absent, no drumscribe checkpoint, damaged, or of another clock
            or kit.
    """
    require_file(path, what="checkpoint", hint="train one with 'drumscribe train'")
    contents = _contents(path)
    header = header_from_dict(contents[HEADER_KEY], source=str(path))
    with naming(str(path)):
        model = DrumCRNN(header.model, n_mels=header.features.n_mels, n_classes=len(header.kit))
    weights = {
        name.removeprefix(STATE_PREFIX): value
        for name, value in contents["state_dict"].items()
        if name.startswith(STATE_PREFIX)
    }
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise DrumscribeError(
            f"{path}: its weights do not fit its own header; train it again"
        ) from error
    return _LoadedModel(model, header, device or best_device())


def best_device() -> str:
    """The GPU if torch can use one, otherwise the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _contents(path: Path) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of how a foreign file was written: it is refused
            contents = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever arbitrary bytes lead it to
        raise DrumscribeError(
            f"{path}: is not a readable checkpoint; it is damaged, or of another program"
        ) from error
    if not _is_checkpoint(contents):
        raise DrumscribeError(
            f"{path}: is not a drumscribe checkpoint; give one written by 'drumscribe train'"
        )
    return contents


def _is_checkpoint(contents: object) -> TypeGuard[dict[str, Any]]:
    """Whether it holds a header and named weights, whatever they say."""
    if not isinstance(contents, dict) or HEADER_KEY not in contents:
        return False
    weights = contents.get("state_dict")
    return isinstance(weights, dict) and all(isinstance(name, str) for name in weights)
