"""The page in the browser: ``drumscribe studio``."""

import os
from argparse import Namespace

from drumscribe.commands.model_choice import find_model, hearing_config, require_model
from drumscribe.utils.cores import n_usable_cores
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice, missing_packages

_EXTRA = ("fastapi", "uvicorn", "python_multipart")


def studio(arguments: Namespace) -> int:
    """``drumscribe studio``."""
    config = hearing_config(arguments)
    _require_extra()
    from drumscribe.web.serve import serve
    from drumscribe.web.settings import StudioSettings

    model = find_model(arguments.checkpoint, config)
    if arguments.checkpoint is not None:  # the bundled one is known to load
        require_model(model)
    token = arguments.token or os.environ.get("DRUMSCRIBE_STUDIO_TOKEN", "")
    settings = StudioSettings(
        data_dir=arguments.data or config.data.root_path / "studio",
        model=model,
        inference=config.inference,
        host=arguments.host,
        port=arguments.port,
        token=token,
        n_workers=arguments.workers,
        threads_per_worker=max(1, n_usable_cores() // max(1, arguments.workers)),
        max_waiting=arguments.queue,
        worker_memory_mb=arguments.worker_mb,
        max_upload_mb=arguments.max_upload_mb,
        max_duration_s=60 * arguments.max_minutes,
        keep_days=arguments.keep_days,
        keep_gb=arguments.keep_gb,
    )
    serve(settings, with_example=arguments.demo, open_browser=not arguments.no_browser)
    return 0


def _require_extra() -> None:
    if missing := missing_packages(_EXTRA):
        raise DrumscribeError(f"the studio needs {', '.join(missing)}; {install_advice('web')}")
