"""What is packed for pretraining elsewhere can be installed there."""

import importlib.util
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def test_everything_that_the_build_reads_is_packed():
    script = REPOSITORY / "scripts" / "pack_pretraining.py"
    spec = importlib.util.spec_from_file_location("pack_pretraining", script)
    packing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(packing)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [project["project"]["readme"], *wheel.get("force-include", {})]
    for name in needed:
        assert (REPOSITORY / name).exists()
        assert Path(name).parts[0] in packing._CODE
