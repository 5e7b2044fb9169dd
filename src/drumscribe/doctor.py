"""Whether this machine can train and transcribe, and what to do where it cannot.

Every check reads facts (of torch, the NVIDIA driver, the disks, the dataset) and judges them; the
facts come through arguments, so that any machine can be described to it.
"""

import importlib.metadata
import os
import platform
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drumscribe.config import Config, TrainingConfig
from drumscribe.data.egmd_csv import read_rows
from drumscribe.data.egmd_download import FULL_ARCHIVE, bytes_to_download
from drumscribe.data.egmd_verify import N_ROWS
from drumscribe.models.bundled import bundled_path
from drumscribe.utils.disk import GB, FreeBytes, free_bytes, nearest_existing
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice, missing_packages
from drumscribe.utils.nvidia import NvidiaFacts, nvidia_facts, nvidia_smi_output
from drumscribe.utils.torch_facts import TorchFacts, torch_facts

Status = Literal["ok", "warning", "error"]

_TRAINING_PACKAGES = ("lightning", "h5py", "mir_eval", "onnx", "tensorboard", "matplotlib")
_INSTALL_TRAINING = install_advice("train")
_FEATURE_BYTES_PER_RECORDING = 45 * GB / N_ROWS
_CHECKPOINT_BYTES = 1 * GB
_N_SAMPLED_ROWS = 200
_FORMATS = ("WAV", "FLAC", "OGG", "MP3")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at, in a word or two.
        status: "ok", "warning" (works, but worse) or "error" (stops what ``stops`` says).
        message: what was found.
        advice: what to do about it; empty when it is "ok".
        stops: what an error here makes impossible.
    """

    name: str
    status: Status
    message: str
    advice: str = ""
    stops: Literal["training", "everything"] = "training"


@dataclass(frozen=True)
class _Need:
    """Bytes that will be written to a folder, and for what."""

    folder: Path
    what: str
    n_bytes: float


def diagnose(
    config: Config,
    *,
    root: Path = Path("/"),
    read_torch: Callable[[], TorchFacts] = torch_facts,
    read_smi: Callable[[], str | None] = nvidia_smi_output,
    free: FreeBytes = free_bytes,
) -> list[Check]:
    """Check this machine for what ``config`` asks of it.

    Args:
        config: names the folders and the accelerator.
        root: the root of the file system that the driver is looked for in.
        read_torch: tells about torch.
        read_smi: gives what nvidia-smi says, ``None`` where it is absent.
        free: measures the free bytes of a disk.

    Raises:
        DrumscribeError: when a folder's name in ``config`` uses an unset environment variable.
    """
    torch = read_torch()
    nvidia = nvidia_facts(root, read_smi())
    dataset, n_rows = _dataset_check(config)
    return [
        Check("python", "ok", f"{platform.python_version()} on {platform.system()}"),
        *_audio_checks(),
        _model_check(),
        _torch_check(torch),
        *_driver_checks(config.training, nvidia),
        *_gpu_checks(config.training, torch, nvidia),
        dataset,
        *_disk_checks(_disk_needs(config, dataset, n_rows), free),
    ]


def can_train(checks: Sequence[Check]) -> bool:
    """Whether nothing among ``checks`` stops training."""
    return all(check.status != "error" for check in checks)


def can_transcribe(checks: Sequence[Check]) -> bool:
    """Whether nothing among ``checks`` stops transcribing."""
    return not any(check.status == "error" and check.stops == "everything" for check in checks)


def report_lines(checks: Sequence[Check]) -> list[str]:
    """The checks as lines of text, advice below each, the verdict last."""
    width = max((len(check.name) for check in checks), default=0)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{check.status:<7}  {check.name:<{width}}  {check.message}")
        if check.advice:
            lines.append(f"{'':<7}  {'':<{width}}  -> {check.advice}")
    n_errors = sum(check.status == "error" for check in checks)
    errors = "1 error" if n_errors == 1 else f"{n_errors} errors"
    lines.append("")
    lines.append(f"transcribe: {'ready' if can_transcribe(checks) else 'not ready'}")
    lines.append(f"train: {'ready' if can_train(checks) else f'not ready, {errors} to mend'}")
    return lines


def _audio_checks() -> list[Check]:
    """What audio files can be read."""
    name = "audio files"
    try:
        import soundfile

        formats = soundfile.available_formats()
    except (ImportError, OSError) as error:
        advice = "install it again: pip install --force-reinstall soundfile"
        message = f"soundfile cannot be loaded ({error})"
        return [Check(name, "error", message, advice, stops="everything")]
    missing = [each for each in _FORMATS if each not in formats]
    version = f"libsndfile {soundfile.__libsndfile_version__}"
    if missing:
        message = f"{version} cannot read {', '.join(missing)}"
        checks = [Check(name, "warning", message, "pip install --upgrade soundfile")]
    else:
        checks = [Check(name, "ok", f"{', '.join(_FORMATS)} by {version}")]
    if missing_packages(["av"]):
        advice = install_advice("media")
        checks.append(Check("video files", "warning", "no m4a, mp4 or webm without PyAV", advice))
    else:
        version = importlib.metadata.version("av")
        checks.append(Check("video files", "ok", f"m4a, mp4, webm by PyAV {version}"))
    return checks


def _model_check() -> Check:
    """Whether the bundled model can be run."""
    name = "bundled model"
    try:
        import onnxruntime
    except (ImportError, OSError) as error:
        message = f"onnxruntime cannot be loaded ({error})"
        advice = "install it again: pip install --force-reinstall onnxruntime"
        return Check(name, "error", message, advice, stops="everything")
    try:
        path = bundled_path()
    except DrumscribeError as error:
        message, _, advice = str(error).partition("; ")
        return Check(name, "error", message, advice, stops="everything")
    return Check(name, "ok", f"{path.stem}, run by onnxruntime {onnxruntime.__version__}")


def _torch_check(torch: TorchFacts) -> Check:
    """Whether what training imports is installed."""
    name = "torch"
    if torch.version is None:
        message = f"cannot be imported: {torch.complaint}" if torch.complaint else "not installed"
        return Check(name, "error", message, _INSTALL_TRAINING)
    missing = missing_packages(_TRAINING_PACKAGES)
    if missing:
        message = f"{torch.version}, but not installed: {', '.join(missing)}"
        return Check(name, "error", message, _INSTALL_TRAINING)
    return Check(name, "ok", f"{torch.version}, {torch.gpu_runtime or 'for CPUs only'}")


def _gpu_error(training: TrainingConfig) -> Status:
    """How bad an unusable GPU is: no matter for those who mean to train on the CPU."""
    return "warning" if training.accelerator == "cpu" else "error"


def _driver_checks(training: TrainingConfig, nvidia: NvidiaFacts) -> list[Check]:
    """Whether the halves of the NVIDIA driver fit; nothing where there is no NVIDIA GPU."""
    name = "NVIDIA driver"
    kernel, libraries = nvidia.kernel_version, ", ".join(nvidia.library_versions)
    if not nvidia.has_gpu:
        return []
    do_differ = bool(kernel and libraries) and kernel not in nvidia.library_versions
    if nvidia.is_mismatch_reported or do_differ:
        message = (
            f"the loaded kernel module is {kernel or 'of an unknown version'}, the user-space "
            f"libraries are {libraries or 'of another version'}: nothing can use the GPU"
        )
        advice = "reboot, or remove the old driver package; both must be of one version"
        return [Check(name, _gpu_error(training), message, advice)]
    if kernel is None and not nvidia.gpus:
        message = "there is an NVIDIA GPU, but its driver is not loaded"
        return [Check(name, _gpu_error(training), message, "install the driver and reboot")]
    if kernel and len(nvidia.library_versions) > 1:
        message = f"kernel module {kernel}, but libraries of several versions: {libraries}"
        return [Check(name, "warning", message, f"remove the driver packages other than {kernel}")]
    return [Check(name, "ok", kernel or "works")]


def _gpu_checks(training: TrainingConfig, torch: TorchFacts, nvidia: NvidiaFacts) -> list[Check]:
    """Whether torch can use the GPU; nothing where there is no torch."""
    name = "GPU"
    if torch.version is None:
        return []
    if torch.gpus:
        found = ", ".join(torch.gpus)
        if training.accelerator != "cpu" and training.devices > len(torch.gpus):
            message = f"training.devices is {training.devices}, but there is only {found}"
            return [Check(name, "error", message, f"set training.devices={len(torch.gpus)}")]
        if torch.complaint:
            advice = "install a torch that is made for this GPU"
            return [Check(name, "warning", f"{found}; torch says: {torch.complaint}", advice)]
        return [Check(name, "ok", found)]
    return [_no_gpu_check(training, torch, nvidia)]


def _no_gpu_check(training: TrainingConfig, torch: TorchFacts, nvidia: NvidiaFacts) -> Check:
    """Why torch finds no GPU."""
    name, bad = "GPU", _gpu_error(training)
    if nvidia.has_gpu and torch.gpu_runtime is None:
        message = f"torch {torch.version} is a CPU-only build beside an NVIDIA GPU"
        advice = (
            "install torch with CUDA: uv pip install --reinstall torch --torch-backend=auto, and "
            "run with uv run --no-sync; or the pip command that torch's web site gives"
        )
        return Check(name, bad, message, advice)
    if nvidia.has_gpu:
        said = f": {torch.complaint}" if torch.complaint else ""
        message = f"torch ({torch.gpu_runtime}) cannot use the NVIDIA GPU{said}"
        advice = (
            f"update the NVIDIA driver to one for {torch.gpu_runtime}, install torch for an older "
            "CUDA, unset CUDA_VISIBLE_DEVICES, or set training.accelerator=cpu"
        )
        return Check(name, bad, message, advice)
    if training.accelerator == "gpu":
        message = "training.accelerator is gpu, but there is none"
        return Check(name, "error", message, "set training.accelerator=auto")
    said = f" ({torch.complaint})" if torch.complaint else ""
    message = f"none that training can use{said}: it will be slow"
    return Check(name, "warning", message, "train on a machine with an NVIDIA GPU")


def _dataset_check(config: Config) -> tuple[Check, int]:
    """Whether E-GMD is there, by its csv and a sample of the files it names; and the csv's rows."""
    name, dataset_dir = "dataset", config.data.dataset_path
    try:
        rows = read_rows(dataset_dir)
    except DrumscribeError as error:
        message, _, advice = str(error).partition("; ")
        if _feature_bytes(config):
            note = "no matter for training, as features have been made"
            return Check(name, "warning", f"{message}; {note}", advice), 0
        return Check(name, "error", message, advice), 0
    return _files_check(dataset_dir, rows), len(rows)


def _files_check(dataset_dir: Path, rows: Sequence[dict[str, str]]) -> Check:
    """Whether the files that a sample of ``rows`` names are there."""
    name = "dataset"
    sample = rows[:: max(1, len(rows) // _N_SAMPLED_ROWS)]
    names = [row[key] for row in sample for key in ("audio_filename", "midi_filename") if row[key]]
    absent = {each for each in names if not (dataset_dir / each).is_file()}
    extent = "all" if len(rows) == N_ROWS else f"of {N_ROWS:,}"
    found = f"{dataset_dir}: {len(rows):,} recordings ({extent})"
    if absent.issuperset(row["audio_filename"] for row in sample if row["audio_filename"]):
        message = f"{found}, but no audio of {len(sample)} sampled ones is there"
        return Check(name, "error", message, "unpack the audio beside the csv, or download again")
    if n_absent := len(absent):
        message = f"{found}, but {n_absent} of {len(names)} sampled files are absent"
        return Check(name, "warning", message, "list them with 'drumscribe egmd verify'")
    return Check(name, "ok", f"{found}, {len(names)} sampled files are there")


def _disk_checks(needs: Sequence[_Need], free: FreeBytes) -> list[Check]:
    """Room for what is still to be written: one check for each disk, as folders may share one."""
    by_disk: defaultdict[int, list[_Need]] = defaultdict(list)
    for need in needs:
        by_disk[nearest_existing(need.folder).stat().st_dev].append(need)
    return [_disk_check(on_disk, free) for on_disk in by_disk.values()]


def _disk_needs(config: Config, dataset: Check, n_rows: int) -> list[_Need]:
    """What downloading, preprocessing and training will write; an unsound dataset comes anew."""
    data = config.data
    n_rows_then = N_ROWS if dataset.status == "error" else n_rows
    n_recordings = min(n_rows_then, data.max_files or N_ROWS)
    feature_bytes = n_recordings * _FEATURE_BYTES_PER_RECORDING - _feature_bytes(config)
    needs = [
        _Need(data.processed_path, "features", max(0.0, feature_bytes)),
        _Need(data.checkpoints_path, "checkpoints", _CHECKPOINT_BYTES),
    ]
    if dataset.status == "error":
        zip_bytes = bytes_to_download(data.root_path / FULL_ARCHIVE.name, FULL_ARCHIVE)
        needs.insert(0, _Need(data.root_path, "E-GMD's zip", zip_bytes))
        needs.insert(1, _Need(data.dataset_path, "E-GMD unpacked", FULL_ARCHIVE.unpacked_bytes))
    return needs


def _disk_check(needs: Sequence[_Need], free: FreeBytes) -> Check:
    """Whether one disk has room for all of ``needs``, and can be written to."""
    name = "disk"
    folder = nearest_existing(needs[0].folder)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Check(name, "error", f"{folder}: cannot be written to", "set data.root to another")
    n_free, n_needed = free(folder), sum(need.n_bytes for need in needs)
    parts = ", ".join(f"{need.what} {need.n_bytes / GB:.0f}" for need in needs)
    message = f"{folder}: {n_free / GB:.0f} GB free, {n_needed / GB:.0f} GB needed ({parts})"
    if n_free < n_needed:
        advice = "free space, or set data.root to a folder on a larger disk"
        return Check(name, "warning", message, advice)
    return Check(name, "ok", message)


def _feature_bytes(config: Config) -> int:
    """Bytes of the features that preprocessing has made already."""
    return sum(path.stat().st_size for path in config.data.processed_path.glob("*/*.h5"))
