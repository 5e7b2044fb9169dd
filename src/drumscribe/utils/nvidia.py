"""What the system says about an NVIDIA GPU and its driver, without loading the driver.

The driver has two halves that must be of one version: a kernel module and user-space libraries.
An upgrade without a reboot, or the remains of an older package, leaves them different, and then
nothing can use the GPU.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_VERSION = r"(\d{3,}\.\d+(?:\.\d+)?)"
_LIBRARIES = ("libcuda.so", "libnvidia-ml.so")
_LIBRARY_FOLDERS = (
    "usr/lib",
    "usr/lib64",
    "usr/lib/*-linux-gnu",
    "usr/lib/*-linux-gnu/nvidia/current",
    "usr/local/lib",
    "usr/local/nvidia/lib64",
)
_NVIDIA_VENDOR = "0x10de"
_DISPLAY_CLASS = "0x03"
_SMI_TIMEOUT_S = 20


@dataclass(frozen=True)
class NvidiaFacts:
    """What was found.

    Attributes:
        gpus: one line for each GPU that nvidia-smi lists; empty when it does not work.
        has_gpu: whether anything at all shows an NVIDIA GPU, the PCI bus included.
        kernel_version: version of the loaded kernel module, ``None`` when none is loaded.
        library_versions: versions of the user-space libraries that programs get, sorted.
        is_mismatch_reported: whether nvidia-smi itself says that the halves differ.
    """

    gpus: tuple[str, ...]
    has_gpu: bool
    kernel_version: str | None
    library_versions: tuple[str, ...]
    is_mismatch_reported: bool


def nvidia_smi_output() -> str | None:
    """What nvidia-smi says: a line for each GPU, or why it fails; ``None`` if absent or hanging."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SMI_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr


def nvidia_facts(root: Path, smi_output: str | None) -> NvidiaFacts:
    """Collect the facts.

    Args:
        root: the root of the file system.
        smi_output: what ``nvidia_smi_output`` returned.
    """
    smi_text = smi_output or ""
    gpus = tuple(line.strip() for line in smi_text.splitlines() if re.search(r", *\d+ MiB", line))
    kernel_version = _kernel_version(root)
    library_versions = set(_library_versions(root))
    for reported in re.findall(rf"NVML library version: {_VERSION}", smi_text):
        # nvidia-smi leaves off the third number ("580.95"), so a file's own version says more.
        if not any(version.startswith(reported) for version in library_versions):
            library_versions.add(reported)
    is_mismatch_reported = "version mismatch" in smi_text.lower()
    is_driver_alive = bool(gpus or kernel_version or is_mismatch_reported)
    has_device = (root / "dev/nvidia0").exists() or _is_on_pci_bus(root)
    return NvidiaFacts(
        gpus=gpus,
        has_gpu=is_driver_alive or has_device,
        kernel_version=kernel_version,
        library_versions=tuple(sorted(library_versions)),
        is_mismatch_reported=is_mismatch_reported,
    )


def _kernel_version(root: Path) -> str | None:
    """The version of the loaded kernel module, the closed or the open one."""
    text = _read(root / "proc/driver/nvidia/version")
    match = re.search(rf"Kernel Module\b.*?\s{_VERSION}\b", text)
    return match[1] if match else None


def _library_versions(root: Path) -> Iterator[str]:
    """Versions in the names of the driver's libraries.

    Programs open ``libcuda.so.1``; where that is a link to a versioned file, other versions beside
    it are never loaded and do not count.
    """
    for pattern in _LIBRARY_FOLDERS:
        for folder in root.glob(pattern):
            for library in _LIBRARIES:
                link = folder / f"{library}.1"
                names = [link.readlink().name] if link.is_symlink() else []
                versions = _versions_in(library, names)
                yield from versions or _versions_in(
                    library, [path.name for path in folder.glob(f"{library}.*")]
                )


def _versions_in(library: str, names: list[str]) -> list[str]:
    matches = (re.fullmatch(rf"{re.escape(library)}\.{_VERSION}", name) for name in names)
    return [match[1] for match in matches if match]


def _is_on_pci_bus(root: Path) -> bool:
    """Whether an NVIDIA display controller is plugged in, driver or not."""
    return any(
        _read(device / "vendor").strip() == _NVIDIA_VENDOR
        and _read(device / "class").startswith(_DISPLAY_CLASS)
        for device in root.glob("sys/bus/pci/devices/*")
    )


def _read(path: Path) -> str:
    """The text of a system file; empty when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
