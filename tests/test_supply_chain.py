"""What the package is made of: nothing that runs what a file says, and nothing that is not ours."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from drumscribe.models.bundled import bundled_models

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

# Modules that make objects, or run code, from bytes.
FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal"}
FORBIDDEN_MODULES |= {"shelve", "code", "codeop", "commands", "imp"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {
    ("yaml", "load"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
    ("yaml", "load_all"),
    ("os", "system"),
    ("os", "popen"),
    ("tempfile", "mktemp"),
    ("torch", "jit"),
    ("torch", "hub"),
    ("pd", "read_pickle"),
    ("extract", "extractall"),
}


def faults_of(tree: ast.AST) -> Iterator[str]:
    """What a module does that hands the reins to a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").partition(".")[0]}
        else:
            names = set()
        yield from (f"line {node.lineno}: imports {n}" for n in names & FORBIDDEN_MODULES)
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if (owner, node.attr) in FORBIDDEN_METHODS:
                yield f"line {node.lineno}: {owner}.{node.attr}"
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {fault}" for fault in _faults_of_call(node))


def _faults_of_call(call: ast.Call) -> Iterator[str]:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    called = ast.unparse(call.func)
    if called in FORBIDDEN_CALLS:
        yield called
    if called == "torch.load" and not _is(given.get("weights_only"), True):
        yield "torch.load without weights_only=True"
    if "allow_pickle" in given and not _is(given["allow_pickle"], False):
        yield f"{called} with allow_pickle"
    if "shell" in given and not _is(given["shell"], False):
        yield f"{called} with shell"
    if "strict" in given and called.endswith("load_state_dict") and _is(given["strict"], False):
        yield "weights that need not fit"


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "yaml.load(text, yaml.Loader)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "exec(text)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert list(faults_of(ast.parse(source)))


def test_nothing_runs_what_a_file_says():
    assert len(SOURCES) > 100
    found = {
        str(path.relative_to(ROOT)): faults
        for path in SOURCES
        if (faults := list(faults_of(ast.parse(path.read_text("utf-8")))))
    }
    assert found == {}


def test_every_bundled_model_is_the_one_that_the_index_names():
    folder = bundled_models()[0].path.parent
    names = {model.path.name for model in bundled_models()}
    assert {path.name for path in folder.iterdir()} == names | {"models.json"}
    for model in bundled_models():
        assert hashlib.sha256(model.path.read_bytes()).hexdigest() == model.sha256


# The wheel

NOT_PYTHON = {
    "__init__.pyi",
    "charts/lane_chart.schema.json",
    "evaluation/page/sort.js",
    "evaluation/page/style.css",
    "models/pretrained/drums8-live.onnx",
    "models/pretrained/drums8.onnx",
    "models/pretrained/models.json",
    "py.typed",
    "web/example/groove.ogg",
}


def built(target: str, folder: Path, *, source: Path = ROOT) -> Path:
    """The "wheel" or "sdist" as it would be published, made without the network."""
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [path] = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    with zipfile.ZipFile(built("wheel", tmp_path_factory.mktemp("wheel"))) as archive:
        yield archive


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = wheel.namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"drumscribe"}
    held = {name.removeprefix("drumscribe/") for name in names if name.startswith("drumscribe/")}
    sources = {str(path.relative_to(ROOT / "src/drumscribe")) for path in SOURCES}
    page = {
        str(path.relative_to(ROOT / "src/drumscribe"))
        for path in (ROOT / "src/drumscribe/web/static").iterdir()
    }
    assert "web/static/index.html" in page
    assert held == sources | page | NOT_PYTHON
    assert not [name for name in names if "test" in name or "/." in name]


def test_the_wheels_model_and_example_are_whole(wheel):
    index = json.loads(wheel.read("drumscribe/models/pretrained/models.json"))
    for entry in index:
        content = wheel.read(f"drumscribe/models/pretrained/{entry['file']}")
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    example = (ROOT / "examples/groove.ogg").read_bytes()
    assert wheel.read("drumscribe/web/example/groove.ogg") == example


def test_the_wheel_says_what_it_needs_and_under_which_licence(wheel):
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(name).decode()
    assert re.search(r"^License(-Expression)?: MIT$", text, re.MULTILINE)
    assert any(n.endswith("/LICENSE") for n in wheel.namelist())
    core = {
        line.removeprefix("Requires-Dist: ")
        for line in text.splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    }
    assert {re.match(r"[\w-]+", line)[0].lower() for line in core} == set(requirements()["core"])


# Licences


def requirements() -> dict[str, list[str]]:
    """What ``pyproject.toml`` asks for, lower case, by extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {"core": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: [re.match(r"[\w.-]+", line)[0].lower() for line in lines]
        for extra, lines in extras.items()
    }


def listed() -> dict[str, tuple[str, str]]:
    """Extra and licence of each package of docs/licences.md."""
    text = (ROOT / "docs/licences.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` \| ([\w-]+) \| ([^|]+?) \|", text, re.MULTILINE)
    return {name.lower(): (extra, licence) for name, extra, licence in rows}


def test_every_dependency_is_listed_with_its_extra_and_its_licence():
    wanted = {name: extra for extra, names in requirements().items() for name in names}
    assert {name: extra for name, (extra, _) in listed().items()} == wanted


@pytest.mark.parametrize(
    "name", sorted(name for names in requirements().values() for name in names)
)
def test_the_licence_listed_is_that_of_the_package(name):
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    said = " ".join(
        [about.get("License-Expression") or "", (about.get("License") or "")[:200]]
        + [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    ).lower()
    if not said.strip():
        pytest.skip(f"{name} says its licence in no metadata")
    family = re.match(r"(\w+)", listed()[name][1])[0].lower()
    assert family in said.replace("gnu lesser general public license", "lgpl")


def test_no_dependency_of_a_plain_install_asks_to_share_alike():
    licences = [listed()[name][1] for name in requirements()["core"]]
    assert not [text for text in licences if re.search(r"(?<!L)GPL", text)]


@pytest.mark.slow
def test_a_wheel_of_the_sdist_holds_the_same(wheel, tmp_path):
    with tarfile.open(built("sdist", tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.glob("drumscribe-*")
    assert (source / "tests/test_supply_chain.py").is_file()
    assert (source / "CITATION.cff").is_file()
    with zipfile.ZipFile(built("wheel", tmp_path / "again", source=source)) as again:
        assert sorted(again.namelist()) == sorted(wheel.namelist())
