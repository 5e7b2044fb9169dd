"""Limits that make sense, or one line that names the option."""

import math
from pathlib import Path

import pytest

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.settings import StudioSettings

OPTIONS = {
    "n_workers": "--workers",
    "max_waiting": "--queue",
    "max_upload_mb": "--max-upload-mb",
    "max_duration_s": "--max-minutes",
    "worker_memory_mb": "--worker-mb",
    "keep_days": "--keep-days",
    "keep_gb": "--keep-gb",
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_a_limit_that_makes_no_sense_is_refused_by_its_option(name, value):
    with pytest.raises(DrumscribeError, match=f"^{OPTIONS[name]} [^ ]+: must be a number above 0$"):
        StudioSettings(Path("data"), Path("m.onnx"), **{name: value})
