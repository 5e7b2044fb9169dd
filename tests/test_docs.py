"""What the documentation tells people to type, read and set exists."""

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from drumscribe import cli
from drumscribe.config import Config, load_config

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = [*(ROOT / name for name in NAMES), *sorted((ROOT / "docs").glob("*.md"))]

OWN_OPTIONS = ("scripts/pretrain.py", "scripts/pack_pretraining.py")
"""Scripts that run no one command, but have options of their own."""

SECTIONS = {field.name: field.default_factory for field in dataclasses.fields(Config)}
SETTINGS = {
    f"{name}.{field.name}"
    for name, section in SECTIONS.items()
    for field in dataclasses.fields(section)
}


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


def text_of(page):
    return page.read_text(encoding="utf-8")


def blocks(page, language):
    """The fenced blocks of one language, each as its lines, continued lines joined."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text_of(page), flags=re.M | re.S)
    return [body.replace("\\\n", " ").splitlines() for name, body in found if name == language]


def shell_lines(page):
    return [line for block in blocks(page, "sh") for line in block]


def prose(page):
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S)


def drumscribe_arguments(command):
    """What a shell command hands to drumscribe, or ``None`` when it runs something else."""
    words = shlex.split(command, comments=True)
    if "drumscribe" in words:
        return words[words.index("drumscribe") + 1 :]
    for word in words:
        if word.startswith("scripts/"):
            subcommand = re.search(r'main\(\["(\w+)"', text_of(ROOT / word))
            assert subcommand or word in OWN_OPTIONS, f"{word} runs no command of drumscribe"
            return [subcommand[1], *words[words.index(word) + 1 :]] if subcommand else None
    return None


def commands(page):
    """Every drumscribe command in the shell blocks of a page, as (line, arguments)."""
    for line in shell_lines(page):
        for command in line.split("&&"):
            arguments = drumscribe_arguments(command)
            if arguments is not None:
                yield line, arguments


def parsed(arguments):
    """The arguments as the command line understands them; ``None`` where it does not."""
    try:
        return cli._parser().parse_args(arguments)
    except SystemExit:
        return None


def anchors(page):
    """The anchors of a page's headings, as sites that show Markdown make them."""
    headings = re.findall(r"^#+ +(.+)$", prose(page), flags=re.M)
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in kept}


def test_commands_parse_and_their_settings_load(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    for line, arguments in commands(page):
        understood = parsed(arguments)
        assert understood is not None, line
        if "overrides" in understood:
            load_config(understood.config, understood.overrides)


@pytest.mark.parametrize("script", OWN_OPTIONS)
def test_scripts_know_the_options_that_are_told(script):
    told = [line for page in PAGES for line in shell_lines(page) if script in line]
    known = set(re.findall(r'"(--?[a-z][a-z-]*)"', text_of(ROOT / script)))
    assert told
    assert {word for line in told for word in line.split() if word.startswith("-")} <= known


def test_commands_named_in_the_text_exist(page, capsys):
    for name in re.findall(r"`(?:uv run )?drumscribe ([a-z]+)[^`]*`", prose(page)):
        parsed([name, "--help"])
        assert f"drumscribe {name}" in capsys.readouterr().out, name


def test_the_commands_that_users_type_are_in_the_readme():
    assert {
        "pip install uv && uv run pytest",
        "uv run python scripts/preprocess_egmd.py --config configs/test_config.yaml",
        "uv run python scripts/train.py --config configs/test_config.yaml",
        "uv run python scripts/transcribe.py --audio some.wav --output output.mid "
        "--checkpoint best_model.ckpt",
    } <= {*shell_lines(ROOT / "README.md")}


def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        if not re.match(r"\w+:", target):
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), target


def test_settings_named_in_the_text_exist(page):
    sections = "|".join(SECTIONS)
    for code in re.findall(r"`([^`\n]+)`", text_of(page)):
        for name in re.findall(rf"(?<![\w/])(?:{sections})\.\w+", code):
            assert name in SETTINGS, code


def test_every_option_of_the_studio_is_described(capsys):
    parsed(["studio", "--help"])
    known = {*re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)}
    described = {*re.findall(r"`(--[a-z][a-z-]+)", text_of(ROOT / "docs" / "studio.md"))}
    assert known - described == {"--help"} - described


def test_every_setting_is_described_in_the_training_guide():
    described = {*re.findall(r"`(\w+\.\w+)`", text_of(ROOT / "docs" / "training.md"))}
    assert SETTINGS - described == set()


def test_the_tree_in_the_architecture_page_exists():
    plain = blocks(ROOT / "docs" / "architecture.md", "")
    (tree,) = (block for block in plain if block[0] == "src/drumscribe/")
    folders = [ROOT]
    for line in tree:
        depth = (len(line) - len(line.lstrip())) // 2 + 1
        for name in line.split() if depth == 1 else line.split()[:1]:
            path = folders[depth - 1] / name
            assert path.exists(), path
            folders[depth:] = [path]
