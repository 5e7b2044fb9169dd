"""Typed dataclasses from plain mappings, with errors that say what is allowed."""

import dataclasses
import math
import reprlib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from drumscribe.utils.errors import DrumscribeError

T = TypeVar("T")

_SHORTENER = reprlib.Repr()
_SHORTENER.maxstring = _SHORTENER.maxother = _SHORTENER.maxlong = 100
_SHORTENER.maxlevel = 2


@dataclass(frozen=True)
class Range:
    """Bounds of a number, both included; put beside the type with ``Annotated``."""

    minimum: float
    maximum: float = float("inf")

    def __str__(self) -> str:
        if self.maximum == float("inf"):
            return f">= {self.minimum:g}"
        return f"{self.minimum:g}..{self.maximum:g}"


def build(cls: type[T], values: Any, *, key: str) -> T:
    """An instance of the dataclass ``cls`` from a mapping, every value checked.

    Args:
        cls: a dataclass whose fields are bool, int, float, str, ``Literal``, ``tuple[X, ...]``,
            ``X | None``, ``Annotated[number, Range]`` or such dataclasses themselves.
        values: the mapping; keys that are absent keep their defaults.
        key: dotted name of the mapping, for messages; empty at the top.

    Raises:
        DrumscribeError: for an unknown key, a wrong type or a value out of range.
    """
    if not isinstance(values, Mapping):
        raise DrumscribeError(f"{key or 'the file'}: must be a mapping of keys to values")
    hints = get_type_hints(cls, include_extras=True)
    for name in values:
        if name not in hints:
            raise DrumscribeError(
                f"unknown key {_dotted(key, name)}; allowed here: {', '.join(hints)}"
            )
    return cls(**{name: _convert(hints[name], v, _dotted(key, name)) for name, v in values.items()})


def _dotted(prefix: str, name: object) -> str:
    text = str(name) if str(name).isprintable() else shortened(name)
    return f"{prefix}.{text}" if prefix else text


def _convert(hint: Any, value: Any, key: str) -> Any:
    """``value`` as the type ``hint`` says, or an error that tells what is allowed."""
    if dataclasses.is_dataclass(hint):
        return build(cast(type[Any], hint), {} if value is None else value, key=key)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _convert(arguments[0], value, key)
    if origin is Literal:
        if value not in arguments:
            raise _wrong(key, value, "one of " + ", ".join(map(str, arguments)))
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _wrong(key, value, "a list")
        return tuple(_convert(arguments[0], item, f"{key}[{i}]") for i, item in enumerate(value))
    if origin is Annotated:
        return _convert_number(arguments[0], arguments[1], value, key)
    return _convert_number(hint, None, value, key)


def _convert_number(kind: Any, allowed: Range | None, value: Any, key: str) -> Any:
    """A bool, int, float or str; whole floats stay floats, and booleans are not numbers."""
    expected = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
    if allowed is not None:
        expected += f" {allowed}"
    if kind is float and isinstance(value, str):  # YAML reads 1e-3 as text
        try:
            value = float(value)
        except ValueError:
            raise _wrong(key, value, expected) from None
    if kind is float and type(value) is int:
        value = float(value) if abs(value) < 2**1000 else math.inf
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise _wrong(key, value, expected)
    if allowed is not None and not allowed.minimum <= value <= allowed.maximum:
        raise _wrong(key, value, expected)
    return value


def _wrong(key: str, value: Any, expected: str) -> DrumscribeError:
    return DrumscribeError(f"{key}: must be {expected}, got {shortened(value)}")


def shortened(value: object) -> str:
    """A value as a message shows it, however long it is: YAML may repeat a part without end."""
    return _SHORTENER.repr(value)


def plain(value: Any) -> Any:
    """Tuples as lists, all the way down, for YAML and JSON."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
