"""No command believes a bad model, and none runs what is hidden in one."""

from pathlib import Path

import pytest
from bad_models import BAD_MODELS, good_checkpoint, graph_model

from drumscribe import cli
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

EXAMPLE = Path(__file__).parents[2] / "examples" / "groove.ogg"


@pytest.fixture(scope="module")
def practice(tmp_path_factory) -> Path:
    """A practice set of three short recordings."""
    folder = tmp_path_factory.mktemp("practice") / "set"
    write_dataset(folder, SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0))
    return folder


@pytest.fixture(params=BAD_MODELS)
def model(here: Path, request) -> Path:
    path = here / request.param
    BAD_MODELS[request.param](path)
    return path


COMMANDS = (
    ("transcribe", EXAMPLE, "-o", "a.mid", "-c", "MODEL"),
    ("chart", EXAMPLE, "-o", "song", "-c", "MODEL"),
    ("evaluate", "--egmd", "PRACTICE", "-c", "MODEL"),
    ("tune", "--egmd", "PRACTICE", "-o", "SAME", "-c", "MODEL"),
    ("export", "MODEL", "made.onnx"),
    ("info", "MODEL"),
    ("live", "--file", EXAMPLE, "-c", "MODEL"),
    ("evaluate", "--live", "--egmd", "PRACTICE", "-c", "MODEL"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_bad_model_is_refused(refuses, here, model, practice, command):
    places = {"MODEL": model, "PRACTICE": practice, "SAME": f"made{model.suffix}"}
    refuses(*(places.get(word, word) for word in command), told=model.name)
    assert not Path("sprung").exists()


def test_a_model_whose_names_are_no_text_is_refused_without_another_word(here, capfd):
    graph_model(here / "a.onnx")
    content = (here / "a.onnx").read_bytes()
    (here / "a.onnx").write_bytes(content.replace(b"log_mel", b"log_\xee\xff\xee", 1))
    assert cli.main(["info", "a.onnx"]) == 1
    printed, said = capfd.readouterr()
    assert printed == ""
    assert said == (
        "drumscribe: a.onnx: is not a readable ONNX model; it is damaged, or of another program\n"
    )


@pytest.mark.parametrize("name", ["missing/a.onnx", "cut.onnx", "other input.onnx"])
def test_the_studio_does_not_start_with_a_bad_model(refuses, here, name):
    BAD_MODELS[name](here / name)
    command = ("studio", "--no-browser", "--port", "0", "--data", "studio")
    refuses(*command, "-c", here / name, told=name)


@pytest.mark.parametrize("write", [good_checkpoint, graph_model])
def test_what_the_bad_ones_are_made_from_is_believed(run, here, write):
    path = here / f"model{'.ckpt' if write is good_checkpoint else '.onnx'}"
    write(path)
    assert run("info", path).status == 0
    assert run("transcribe", EXAMPLE, "-o", "a.mid", "-c", path).touched == ["a.mid"]
