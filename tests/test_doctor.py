import csv
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drumscribe.config import Config, DataConfig, TrainingConfig
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.doctor import Check, can_train, can_transcribe, diagnose, report_lines
from drumscribe.models import bundled
from drumscribe.models.bundled import BundledModel
from drumscribe.utils.torch_facts import TorchFacts, torch_facts

CUDA_TORCH = TorchFacts("2.8.0", "CUDA 12.8", ("NVIDIA GeForce RTX 3070 (8.0 GiB)",))
BLIND_TORCH = TorchFacts("2.8.0", "CUDA 12.8", complaint="Error 803: unsupported driver")
CPU_TORCH = TorchFacts("2.8.0+cpu")
SMI_OK = "NVIDIA GeForce RTX 3070, 8192 MiB\n"
SMI_MISMATCH = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: "
PLENTY = 10**13


class Machine:
    """A machine without a GPU and with a small dataset; tests change what they are about."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "system"
        self.root.mkdir()
        self.data_root = folder / "data"
        self.torch = CPU_TORCH
        self.smi: str | None = None
        self.n_free = PLENTY
        self.training = TrainingConfig()
        self.write_dataset()

    @property
    def dataset_dir(self) -> Path:
        return self.data_root / "e-gmd-v1.0.0"

    def write(self, name: str, text: str = "") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def load_kernel_module(self, version: str, kind: str = "x86_64 Kernel Module ") -> None:
        text = (
            f"NVRM version: NVIDIA UNIX {kind} {version}  Fri Mar  1 2024\nGCC version:  gcc 13\n"
        )
        self.write("proc/driver/nvidia/version", text)

    def install_libraries(self, version: str, folder: str = "usr/lib/x86_64-linux-gnu") -> None:
        for library in ("libcuda.so", "libnvidia-ml.so"):
            self.write(f"{folder}/{library}.{version}")
            link = self.root / folder / f"{library}.1"
            link.unlink(missing_ok=True)
            link.symlink_to(f"{library}.{version}")

    def plug_in_gpu(self) -> None:
        self.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
        self.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n")

    def write_dataset(self, n_rows: int = 10) -> None:
        self.dataset_dir.mkdir(parents=True, exist_ok=True)
        with (self.dataset_dir / CSV_NAME).open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for i in range(n_rows):
                names = {"audio_filename": f"{i}.wav", "midi_filename": f"{i}.midi"}
                writer.writerow(dict.fromkeys(COLUMNS, "x") | names)
                for name in names.values():
                    (self.dataset_dir / name).touch()

    def diagnose(self) -> list[Check]:
        return diagnose(
            Config(data=DataConfig(root=str(self.data_root)), training=self.training),
            root=self.root,
            read_torch=lambda: self.torch,
            read_smi=lambda: self.smi,
            free=lambda _: self.n_free,
        )

    def check(self, name: str) -> Check:
        return next(check for check in self.diagnose() if check.name == name)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_laptop_without_gpu_can_train_slowly(machine: Machine) -> None:
    checks = machine.diagnose()
    assert can_train(checks)
    assert can_transcribe(checks)
    assert machine.check("GPU").status == "warning"
    assert "slow" in machine.check("GPU").message
    assert all(check.name != "NVIDIA driver" for check in checks)


def test_healthy_gpu_machine_has_nothing_to_mend(machine: Machine) -> None:
    machine.load_kernel_module("580.95.05")
    machine.install_libraries("580.95.05")
    machine.torch, machine.smi = CUDA_TORCH, SMI_OK
    assert [check for check in machine.diagnose() if check.status != "ok"] == []
    assert "RTX 3070" in machine.check("GPU").message


@pytest.mark.parametrize("kind", ["x86_64 Kernel Module ", "Open Kernel Module for x86_64 "])
@pytest.mark.parametrize("folder", ["usr/lib", "usr/lib64", "usr/lib/x86_64-linux-gnu"])
def test_driver_halves_of_two_versions(machine: Machine, kind: str, folder: str) -> None:
    machine.load_kernel_module("550.163.01", kind)
    machine.install_libraries("580.95.05", folder)
    machine.torch = BLIND_TORCH
    check = machine.check("NVIDIA driver")
    assert check.status == "error"
    assert "550.163.01" in check.message
    assert "580.95.05" in check.message
    assert "reboot, or remove the old driver package" in check.advice
    assert not can_train(machine.diagnose())
    assert can_transcribe(machine.diagnose())


def test_mismatch_is_known_from_nvidia_smi_alone(machine: Machine) -> None:
    machine.torch, machine.smi = BLIND_TORCH, SMI_MISMATCH + "580.95\n"
    check = machine.check("NVIDIA driver")
    assert check.status == "error"
    assert "580.95" in check.message


def test_mismatch_by_a_minor_version(machine: Machine) -> None:
    machine.load_kernel_module("580.65.06")
    machine.install_libraries("580.95.05")
    machine.torch, machine.smi = BLIND_TORCH, SMI_MISMATCH + "580.95\n"
    check = machine.check("NVIDIA driver")
    assert check.status == "error"
    assert "580.95.05:" in check.message  # the file's version, not nvidia-smi's short one as well


def test_leftover_library_that_nothing_loads_is_no_mismatch(machine: Machine) -> None:
    machine.load_kernel_module("580.95.05")
    machine.install_libraries("550.163.01")
    machine.install_libraries("580.95.05")  # moves the links
    machine.torch, machine.smi = CUDA_TORCH, SMI_OK
    assert machine.check("NVIDIA driver").status == "ok"


def test_libraries_of_two_versions_in_two_folders_are_a_warning(machine: Machine) -> None:
    machine.load_kernel_module("580.95.05")
    machine.install_libraries("580.95.05")
    machine.install_libraries("550.163.01", "usr/local/lib")
    machine.torch, machine.smi = CUDA_TORCH, SMI_OK
    assert machine.check("NVIDIA driver").status == "warning"


@pytest.mark.parametrize(
    "show_gpu",
    [
        lambda machine: machine.load_kernel_module("580.95.05"),
        lambda machine: machine.write("dev/nvidia0"),
        lambda machine: machine.plug_in_gpu(),
        lambda machine: setattr(machine, "smi", SMI_OK),
    ],
    ids=["kernel module", "device file", "PCI bus", "nvidia-smi"],
)
def test_cpu_only_torch_beside_a_gpu(machine: Machine, show_gpu: Callable[[Machine], None]) -> None:
    show_gpu(machine)
    check = machine.check("GPU")
    assert check.status == "error"
    assert "CPU-only" in check.message
    assert "install torch with CUDA" in check.advice


def test_gpu_without_driver(machine: Machine) -> None:
    machine.plug_in_gpu()
    machine.torch = BLIND_TORCH
    assert "not loaded" in machine.check("NVIDIA driver").message
    assert "Error 803" in machine.check("GPU").message


def test_other_cards_are_no_gpu(machine: Machine) -> None:
    machine.write("sys/bus/pci/devices/0000:02:00.0/vendor", "0x8086\n")
    machine.write("sys/bus/pci/devices/0000:02:00.0/class", "0x030000\n")
    machine.write("sys/bus/pci/devices/0000:01:00.1/vendor", "0x10de\n")  # the card's sound
    machine.write("sys/bus/pci/devices/0000:01:00.1/class", "0x040300\n")
    assert can_train(machine.diagnose())


def test_those_who_want_the_cpu_are_not_stopped_by_a_broken_gpu(machine: Machine) -> None:
    machine.load_kernel_module("550.163.01")
    machine.install_libraries("580.95.05")
    machine.torch, machine.training = BLIND_TORCH, TrainingConfig(accelerator="cpu")
    assert can_train(machine.diagnose())
    assert machine.check("NVIDIA driver").status == "warning"


def test_gpu_that_the_config_demands_but_is_absent(machine: Machine) -> None:
    machine.training = TrainingConfig(accelerator="gpu")
    assert machine.check("GPU").advice == "set training.accelerator=auto"
    assert not can_train(machine.diagnose())


def test_more_devices_than_there_are(machine: Machine) -> None:
    machine.torch, machine.training = CUDA_TORCH, TrainingConfig(devices=2)
    assert machine.check("GPU").advice == "set training.devices=1"


def test_torch_that_complains_of_its_gpu(machine: Machine) -> None:
    machine.torch = TorchFacts("2.8.0", "CUDA 12.8", ("New GPU",), "sm_200 is not compatible")
    assert machine.check("GPU").status == "warning"
    assert "sm_200" in machine.check("GPU").message


@pytest.mark.parametrize("complaint", ["", "libcudart.so: cannot open"])
def test_without_torch_one_can_transcribe_only(machine: Machine, complaint: str) -> None:
    machine.torch = TorchFacts(None, complaint=complaint)
    check = machine.check("torch")
    assert check.status == "error"
    assert complaint in check.message
    assert ".[train]" in check.advice
    assert can_transcribe(machine.diagnose())


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find_spec(name)
    )


@pytest.mark.parametrize("package", ["h5py", "matplotlib", "onnx"])
def test_other_missing_packages_are_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    hide(monkeypatch, package)
    assert package in machine.check("torch").message
    assert not can_train(machine.diagnose())


def test_absent_torch_is_told_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "torch")
    assert torch_facts() == TorchFacts(None)


def test_installed_torch_can_be_asked() -> None:
    torch = pytest.importorskip("torch")
    facts = torch_facts()
    assert facts.version == torch.__version__
    assert bool(facts.gpus) == torch.cuda.is_available()


def test_a_gpu_that_training_does_not_use_is_none(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training on Apple's GPUs is not supported, so nobody shall count on one."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    machine.torch = torch_facts()
    assert machine.torch.gpus == ()
    check = machine.check("GPU")
    assert check.status == "warning"
    assert "Apple GPU is not used" in check.message


def test_missing_pyav_is_a_warning(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "av")
    check = machine.check("video files")
    assert check.status == "warning"
    assert ".[media]" in check.advice


def test_missing_decoder_stops_everything(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    checks = machine.diagnose()
    assert not can_transcribe(checks)
    assert not can_train(checks)


def test_a_missing_runtime_stops_everything(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert not can_transcribe(machine.diagnose())
    assert "onnxruntime" in machine.check("bundled model").advice


def test_a_damaged_model_stops_everything(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "drums8.onnx").write_bytes(b"half")
    model = BundledModel("drums8", "", tmp_path / "drums8.onnx", "0" * 64)
    monkeypatch.setattr(bundled, "bundled_models", lambda: [model])
    assert not can_transcribe(machine.diagnose())
    check = machine.check("bundled model")
    assert "is damaged" in check.message
    assert check.advice == "install drumscribe again"


def test_libsndfile_without_mp3_is_a_warning(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundfile.available_formats", lambda: dict.fromkeys(("WAV", "FLAC"), ""))
    assert machine.check("audio files").status == "warning"
    assert "OGG, MP3" in machine.check("audio files").message


def test_absent_dataset_stops_training_only(machine: Machine) -> None:
    (machine.dataset_dir / CSV_NAME).unlink()
    check = machine.check("dataset")
    assert check.status == "error"
    assert str(machine.dataset_dir) in check.message
    assert "drumscribe" in check.advice
    assert can_transcribe(machine.diagnose())


def test_absent_dataset_does_not_matter_once_features_are_made(machine: Machine) -> None:
    (machine.dataset_dir / CSV_NAME).unlink()
    shard = machine.data_root / "processed_data/train/shard-00000.h5"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"features")
    assert machine.check("dataset").status == "warning"
    assert can_train(machine.diagnose())


def test_csv_that_is_not_egmds(machine: Machine) -> None:
    (machine.dataset_dir / CSV_NAME).write_text("drummer,session\nd1,s1\n")
    assert machine.check("dataset").status == "error"
    assert "midi_filename" in machine.check("dataset").message


def test_absent_files_of_the_dataset(machine: Machine) -> None:
    (machine.dataset_dir / "3.wav").unlink()
    check = machine.check("dataset")
    assert check.status == "warning"
    assert "1 of 20" in check.message
    for path in machine.dataset_dir.glob("*.wav"):  # what the archive of MIDI alone leaves
        path.unlink()
    check = machine.check("dataset")
    assert (check.status, check.advice[:16]) == ("error", "unpack the audio")
    for path in machine.dataset_dir.glob("*.[wm]*"):
        path.unlink()
    assert machine.check("dataset").status == "error"


def test_disk_too_small_for_the_download(machine: Machine) -> None:
    assert machine.check("disk").status == "ok"
    machine.n_free = 100 * 10**9
    assert machine.check("disk").status == "ok"  # the dataset is there; features fit
    (machine.dataset_dir / CSV_NAME).unlink()
    check = machine.check("disk")
    assert check.status == "warning"
    assert "100 GB free, 284 GB needed" in check.message
    assert check.advice


def test_room_is_asked_for_the_recordings_that_are_there(machine: Machine) -> None:
    machine.write_dataset(12)
    assert "1 GB needed (features 0, checkpoints 1)" in machine.check("disk").message
    (machine.dataset_dir / CSV_NAME).unlink()  # all of E-GMD will come
    assert "features 45" in machine.check("disk").message


def test_disk_that_cannot_be_written(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert machine.check("disk").status == "error"


def test_data_root_need_not_exist(machine: Machine, tmp_path: Path) -> None:
    machine.data_root = tmp_path / "not" / "yet"
    assert str(tmp_path) in machine.check("disk").message


def test_report_is_readable_and_has_a_verdict(machine: Machine) -> None:
    machine.load_kernel_module("550.163.01")
    machine.install_libraries("580.95.05")
    machine.torch = BLIND_TORCH
    checks = machine.diagnose()
    lines = report_lines(checks)
    for check in checks:
        assert any(check.message in line and line.startswith(check.status) for line in lines)
        assert any(check.advice in line for line in lines)
        assert (check.status == "ok") == (check.advice == "")
    assert lines[-2:] == ["transcribe: ready", "train: not ready, 2 errors to mend"]


def test_importing_the_doctor_loads_nothing_heavy() -> None:
    code = (
        "import sys, drumscribe.doctor; sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
