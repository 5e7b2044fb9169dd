"""What the messages of absent packages tell people to type."""

import sys
import tomllib
from pathlib import Path

import pytest

from drumscribe.utils.extras import _WITHOUT_NEWER_PYTHONS, install_advice, missing_packages

ROOT = Path(__file__).parents[2]


def test_only_what_is_absent_is_missing():
    assert missing_packages(["json", "no_such_package_here", "argparse"]) == [
        "no_such_package_here"
    ]


@pytest.mark.parametrize("extra", ["web", "score", "train"])
def test_the_advice_names_an_extra_that_exists(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extra in project["optional-dependencies"]
    assert f"pip install '.[{extra}]'" in install_advice(extra)


def test_what_is_run_without_being_installed_is_run_with_the_extra():
    assert "uvx --from '.[score]' drumscribe" in install_advice("score")


def test_training_is_installed_in_the_checkout():
    assert "'uv sync', then 'uv run drumscribe'" in install_advice("train")


def test_a_python_that_an_extra_is_not_built_for_is_not_advised(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert "uvx --python 3.12 --from '.[live]' drumscribe" in install_advice("live")
    assert "run there, with Python 3.12: pip install '.[live]'" in install_advice("live")
    assert "'uv sync --python 3.12', then 'uv run" in install_advice("train,soundfont")
    assert "3.12" not in install_advice("web") + install_advice("train")
    monkeypatch.setattr(sys, "version_info", (3, 12, 9))
    assert "3.12" not in install_advice("live")


def test_the_extras_that_are_not_built_for_every_python_are_known():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    limited = {
        extra
        for extra, packages in extras["optional-dependencies"].items()
        if any("python_version < '3.13'" in package for package in packages)
    }
    assert limited == _WITHOUT_NEWER_PYTHONS
