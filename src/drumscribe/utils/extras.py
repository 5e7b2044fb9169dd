"""How to get the parts of drumscribe that a plain install leaves out."""

import importlib.util
from collections.abc import Iterable


def missing_packages(names: Iterable[str]) -> list[str]:
    """Those of the packages ``names`` that are not installed."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def install_advice(extra: str) -> str:
    """What to type for an extra, for those who run the checkout and those who have installed it.

    Args:
        extra: its name in ``pyproject.toml``; several with commas between.
    """
    in_checkout = f"uvx --from '.[{extra}]' drumscribe"
    if "train" in extra.split(","):  # so large that it is kept
        in_checkout = "'uv sync', then 'uv run drumscribe'"
    # Never by its name alone: no package index has it.
    return f"in the checkout use {in_checkout}; or run there: pip install '.[{extra}]'"
