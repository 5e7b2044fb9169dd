"""What importing each module costs, and that imports point down."""

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

import drumscribe

ROOT = Path(__file__).parents[1]
SOURCE = Path(drumscribe.__file__).parent

LISTING = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"

# Of each module what it loads, all in one process; only this package's own are loaded anew.
LISTING_OF_EACH = """
import importlib, json, sys
loaded = {}
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "drumscribe"]:
        del sys.modules[name]
    before = set(sys.modules)
    importlib.import_module(module)
    loaded[module] = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print(json.dumps(loaded))
"""

STANDARD_LIBRARY_ALONE = ["drumscribe", "drumscribe.cli", "drumscribe.__main__"]

# Everything that transcription and preprocessing stand on.
WITHOUT_TORCH = [
    "drumscribe.api",
    "drumscribe.charts.dtx_folder",
    "drumscribe.charts.formats",
    "drumscribe.charts.jams",
    "drumscribe.charts.lane_chart",
    "drumscribe.charts.midi",
    "drumscribe.charts.musicxml",
    "drumscribe.charts.score_image",
    "drumscribe.charts.song_folder",
    "drumscribe.charts.tab",
    "drumscribe.charts.tables",
    "drumscribe.commands.charting",
    "drumscribe.commands.checking",
    "drumscribe.commands.data",
    "drumscribe.commands.evaluating",
    "drumscribe.commands.live",
    "drumscribe.commands.models",
    "drumscribe.commands.training",
    "drumscribe.commands.transcribing",
    "drumscribe.config",
    "drumscribe.data.preprocess",
    "drumscribe.data.synth.dataset",
    "drumscribe.doctor",
    "drumscribe.drums",
    "drumscribe.evaluation.evaluate",
    "drumscribe.evaluation.references",
    "drumscribe.events",
    "drumscribe.inference.streaming",
    "drumscribe.inference.transcriber",
    "drumscribe.live",
    "drumscribe.models.header",
    "drumscribe.models.load",
    "drumscribe.models.onnx_model",
    "drumscribe.output_plan",
    "drumscribe.timing",
    "drumscribe.transcribe_files",
]

# What the core install need not have, or takes seconds to import.
HEAVY = {
    "torch",
    "lightning",
    "librosa",
    "matplotlib",
    "mir_eval",
    "pandas",
    "scipy",
    "tensorboard",
}
THIRD_PARTY = HEAVY | {
    "numpy",
    "soundfile",
    "soxr",
    "mido",
    "yaml",
    "rich",
    "h5py",
    "av",
    "sounddevice",
    "rtmidi",
}


def imported_with(module):
    """Top-level names in ``sys.modules`` after importing ``module`` in a fresh process."""
    listed = subprocess.run(
        [sys.executable, "-c", LISTING, module], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in listed.stdout.split()}


@pytest.mark.parametrize("module", STANDARD_LIBRARY_ALONE)
def test_the_command_line_itself_imports_the_standard_library_alone(module):
    assert not imported_with(module) & THIRD_PARTY


@pytest.fixture(scope="module")
def loaded_by_each():
    """Top-level names that each module of ``WITHOUT_TORCH`` loads beside those loaded before."""
    listed = subprocess.run(
        [sys.executable, "-c", LISTING_OF_EACH, *WITHOUT_TORCH], capture_output=True, check=True
    )
    return json.loads(listed.stdout)


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_importing_it_loads_nothing_heavy(module, loaded_by_each):
    assert "drumscribe" in loaded_by_each[module]
    assert not HEAVY & set(loaded_by_each[module])


@pytest.mark.parametrize(
    "module",
    [
        "drumscribe.inference.transcriber",
        "drumscribe.charts.midi",
        "drumscribe.commands.transcribing",
    ],
)
def test_transcription_needs_no_hdf5(module):
    assert "h5py" not in imported_with(module)


@functools.cache
def imports_of(path):
    """Top-level names that a source file imports anywhere, at its head or in a function."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).partition(".")[0])
    return names


def files_importing(package):
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if package in imports_of(path)
    }


def test_lightning_is_imported_by_training_and_the_data_module_alone():
    files = files_importing("lightning")
    assert "training/fit.py" in files
    assert {name for name in files if not name.startswith("training/")} == {"data/data_module.py"}


def test_librosa_and_pandas_are_imported_nowhere():
    assert not files_importing("librosa") | files_importing("pandas")


def test_package_files_hold_a_docstring_and_no_imports():
    packages = set(SOURCE.rglob("__init__.py")) - {SOURCE / "__init__.py"}
    for path in packages:  # the root's names are imported when asked for: tests/test_package_api.py
        assert not imports_of(path), path


def test_imports_point_down():
    """The layers of ``pyproject.toml``, checked by import-linter."""
    lint = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
