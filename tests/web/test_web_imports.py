"""What the studio's modules load: decoders and models never in the server."""

import subprocess
import sys

import pytest

LISTING = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"
DECODERS_AND_MODELS = {"soundfile", "av", "onnxruntime", "torch", "soxr"}


def imported_with(module):
    listed = subprocess.run(
        [sys.executable, "-c", LISTING, module], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in listed.stdout.split()}


def test_a_worker_loads_nothing_before_its_limits_stand():
    assert not imported_with("drumscribe.web.worker") & (DECODERS_AND_MODELS | {"numpy", "fastapi"})


def test_the_server_loads_no_decoder_and_no_model():
    assert not imported_with("drumscribe.web.app") & (DECODERS_AND_MODELS | {"scipy"})


@pytest.mark.parametrize("module", ["drumscribe.web.serve", "drumscribe.commands.studio"])
def test_a_wrong_option_is_refused_before_anything_heavy_loads(module):
    assert not imported_with(module) & {"fastapi", "uvicorn", "numpy"}
