"""What the installed torch can do on this machine, asked without a training run."""

import importlib.util
import warnings
from dataclasses import dataclass

_BYTES_PER_GIB = 1 << 30


@dataclass(frozen=True)
class TorchFacts:
    """What the installed torch can do.

    Attributes:
        version: its version, ``None`` when it is not installed or cannot be imported.
        gpu_runtime: "CUDA 12.8" and the like; ``None`` for a CPU-only build.
        gpus: the name and memory of every GPU it can use.
        complaint: what it said about the GPU, or why it cannot be imported.
    """

    version: str | None
    gpu_runtime: str | None = None
    gpus: tuple[str, ...] = ()
    complaint: str = ""


def torch_facts() -> TorchFacts:
    """Import torch (seconds) and ask it."""
    if importlib.util.find_spec("torch") is None:
        return TorchFacts(None)
    try:
        import torch
    except (ImportError, OSError) as error:
        return TorchFacts(None, complaint=_one_line(error))
    runtimes = {"CUDA": torch.version.cuda, "ROCm": torch.version.hip}
    runtime = next((f"{name} {version}" for name, version in runtimes.items() if version), None)
    gpus: list[str] = []
    # Torch tells of a driver that is too old or a GPU that is too new by warnings.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        complaint = ""
        try:
            for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
                device = torch.cuda.get_device_properties(index)
                gpus.append(f"{device.name} ({device.total_memory / _BYTES_PER_GIB:.1f} GiB)")
        except RuntimeError as error:
            complaint = _one_line(error)
    if torch.backends.mps.is_available():
        complaint = "the Apple GPU is not used"  # training knows CUDA alone
    said = [_one_line(each.message) for each in caught if issubclass(each.category, UserWarning)]
    complaint = complaint or next(iter(said), "")
    return TorchFacts(torch.__version__, runtime, tuple(gpus), complaint)


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
