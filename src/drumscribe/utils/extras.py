"""How to get the parts of drumscribe that a plain install leaves out."""

import importlib.util
import sys
from collections.abc import Iterable

_WITHOUT_NEWER_PYTHONS = {"live", "soundfont"}
"""Extras with packages that ``pyproject.toml`` asks for up to Python 3.12 alone."""


def missing_packages(names: Iterable[str]) -> list[str]:
    """Those of the packages ``names`` that are not installed."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def install_advice(extra: str) -> str:
    """What to type for an extra, for those who run the checkout and those who have installed it.

    Args:
        extra: its name in ``pyproject.toml``; several with commas between.
    """
    names = set(extra.split(","))
    is_too_new = sys.version_info >= (3, 13) and not names.isdisjoint(_WITHOUT_NEWER_PYTHONS)
    python, with_python = (" --python 3.12", ", with Python 3.12") if is_too_new else ("", "")
    in_checkout = f"uvx{python} --from '.[{extra}]' drumscribe"
    if "train" in names:  # so large that it is kept
        in_checkout = f"'uv sync{python}', then 'uv run drumscribe'"
    # Never by its name alone: no package index has it.
    return f"in the checkout use {in_checkout}; or run there{with_python}: pip install '.[{extra}]'"
