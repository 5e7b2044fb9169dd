"""Running the studio's server."""

import logging
import socket
import threading
import time
import webbrowser

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.settings import LOOPBACK_HOSTS, StudioSettings

logger = logging.getLogger(__name__)

_MAX_CONNECTIONS = 256
_GRACE_S = 3


def serve(settings: StudioSettings, *, with_example: bool, open_browser: bool) -> None:
    """Serve until interrupted.

    Args:
        settings: where and how.
        with_example: transcribe the example first and show it.
        open_browser: open the page in the user's browser.

    Raises:
        DrumscribeError: when the address or the data folder is taken.
    """
    import uvicorn

    from drumscribe.web.app import create_app
    from drumscribe.web.protocol import ImpatientProtocol
    from drumscribe.web.studio import Studio

    listener = _listen(settings)
    studio = Studio(settings)
    url = _page_url(settings, listener.getsockname()[1])
    if with_example:
        url += f"#{studio.accept_example().id}"
    config = uvicorn.Config(
        create_app(studio),
        http=ImpatientProtocol,
        log_level="warning",
        access_log=False,  # it would write tokens down
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    logger.info("studio: %s (Ctrl-C ends it), data in %s", url, settings.data_dir)
    if open_browser:
        threading.Thread(target=_open_when_up, args=(server, url), daemon=True).start()
    server.run(sockets=[listener])


def _listen(settings: StudioSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise DrumscribeError(
            f"{settings.host}:{settings.port}: cannot listen there ({error.strerror or error}); "
            "choose another --port"
        ) from error
    return listener


def _page_url(settings: StudioSettings, port: int) -> str:
    host = settings.host if settings.host in LOOPBACK_HOSTS else socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + ("?token=..." if settings.token else "")


def _open_when_up(server: object, url: str) -> None:
    while not getattr(server, "started", False):
        time.sleep(0.1)
    webbrowser.open(url)
