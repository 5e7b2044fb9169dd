"""Running the studio's server."""

import errno
import logging
import os
import socket
import threading
import time
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import quote

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.settings import LOOPBACK_HOSTS, StudioSettings

if TYPE_CHECKING:
    import uvicorn

    from drumscribe.web.studio import Studio

logger = logging.getLogger(__name__)

_MAX_CONNECTIONS = 256
_GRACE_S = 3
_PORT_ERRORS = (errno.EADDRINUSE, errno.EACCES)  # any other is the address's fault


def serve(settings: StudioSettings, *, with_example: bool, open_browser: bool) -> None:
    """Serve until interrupted.

    Args:
        settings: where and how.
        with_example: transcribe the example first and show it.
        open_browser: open the page in the user's browser.

    Raises:
        DrumscribeError: when the address or the data folder is taken.
    """
    from drumscribe.web.studio import Studio

    listener = _listen(settings)
    studio = Studio(settings)
    url = _page_url(settings, listener.getsockname()[1])
    fragment = _example_fragment(studio) if with_example else ""
    query = f"?token={quote(settings.token)}" if settings.token else ""
    shown = f"{url}?token=..." if query else url
    logger.info("studio: %s%s (Ctrl-C ends it), data in %s", shown, fragment, settings.data_dir)
    server = _server(studio)
    if open_browser:
        address = url + query + fragment
        threading.Thread(target=_open_when_up, args=(server, address), daemon=True).start()
    server.run(sockets=[listener])


def _server(studio: "Studio") -> "uvicorn.Server":
    import uvicorn

    from drumscribe.web.app import create_app
    from drumscribe.web.protocol import ImpatientProtocol

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
    return uvicorn.Server(config)


def _example_fragment(studio: "Studio") -> str:
    """What makes the page show the example; nothing where more jobs wait than may."""
    from drumscribe.web.studio import FullError

    try:
        return f"#{studio.accept_example().id}"
    except FullError:
        return ""


def _listen(settings: StudioSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere it would let a second server take the port too
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except (OSError, TypeError) as error:  # the latter of names that no host can have
        option = "--port" if getattr(error, "errno", None) in _PORT_ERRORS else "--host"
        reason = getattr(error, "strerror", None) or error
        raise DrumscribeError(
            f"{settings.host}:{settings.port}: cannot listen there ({reason}); "
            f"choose another {option}"
        ) from error
    return listener


def _page_url(settings: StudioSettings, port: int) -> str:
    host = settings.host if settings.host in LOOPBACK_HOSTS else socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/"


def _open_when_up(server: "uvicorn.Server", url: str) -> None:
    while not server.started:
        time.sleep(0.1)
    webbrowser.open(url)
