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


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("transcribe a.wav --outptu b.mid", "--outptu b.mid; did you mean --output?"),
        ("transcribe a.wav --treshold=0.3", "--treshold=0.3; did you mean --threshold?"),
        ("egmd download --delet-zipp", "--delet-zipp; did you mean --delete-zip?"),
        ("chart a.wav b.wav", "unrecognized arguments: b.wav\n"),
        ("transcribe a.wav --zzz", "unrecognized arguments: --zzz\n"),
    ],
)
def test_an_unknown_option_is_told_with_the_usage_of_its_command(capsys, command, told):
    with pytest.raises(SystemExit) as stopped:
        cli.main(command.split())
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    name = command.partition(" a.wav")[0].partition(" --")[0]
    assert error.startswith(f"usage: drumscribe {name} ")
    assert error.endswith(told if told.endswith("\n") else f"{told}\n")
