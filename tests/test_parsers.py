"""The options of a command stand in the module that is named as its handler's."""

import argparse
from importlib import import_module
from pathlib import Path

import pytest

from drumscribe import cli, commands, parsers


def handlers(parser=None):
    """What each command runs, as "module.function"."""
    parser = parser or cli._parser()
    if parser.get_default("handler"):
        yield parser.get_default("handler")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from handlers(command)


def modules(package):
    return {path.stem for path in Path(package.__file__).parent.glob("*.py")}


@pytest.mark.parametrize("handler", [*handlers()])
def test_options_and_handler_are_in_modules_of_one_name(handler):
    theme, name = handler.split(".")
    assert callable(getattr(import_module(f"drumscribe.commands.{theme}"), name))
    options = import_module(f"drumscribe.parsers.{theme}")
    assert f'"{handler}"' in Path(options.__file__).read_text()


def test_there_are_no_options_without_handlers():
    themes = {handler.split(".")[0] for handler in handlers()}
    assert modules(parsers) - {"__init__", "common"} == themes <= modules(commands)
