"""What the messages of absent packages tell people to type."""

import tomllib
from pathlib import Path

import pytest

from drumscribe.utils.extras import install_advice, missing_packages

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
