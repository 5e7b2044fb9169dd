"""The studio as an ASGI application."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from drumscribe import __version__
from drumscribe.utils.errors import DrumscribeError
from drumscribe.web import routes_jobs, routes_results, routes_sync
from drumscribe.web.export_process import UnavailableError
from drumscribe.web.guard import Guard
from drumscribe.web.schemas import Health
from drumscribe.web.studio import Studio

_STATIC = Path(__file__).parent / "static"


def create_app(studio: Studio) -> ASGIApp:
    """The application behind its guard, so that even answers to its crashes pass that."""
    return Guard(create_api(studio), studio.settings)


def create_api(studio: Studio) -> FastAPI:
    """The application; its lifespan runs the studio's jobs."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        studio.runner.start()
        yield
        studio.runner.stop()
        studio.store.close()

    # FastAPI's own pages of documentation load scripts from another site; the schema is enough.
    app = FastAPI(
        title="drumscribe studio",
        version=__version__,
        summary="Transcribes drums: recordings in, hits, beats and charts out.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.studio = studio
    for router in (routes_jobs.router, routes_results.router, routes_sync.router):
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, _tell_validation)
    app.add_exception_handler(DrumscribeError, _tell_error)
    app.add_exception_handler(UnavailableError, _tell_unavailable)
    app.add_exception_handler(FileNotFoundError, _tell_gone)
    app.add_exception_handler(sqlite3.OperationalError, _tell_unsaved)
    app.add_exception_handler(Exception, _tell_crash)
    _add_page(app)
    return app


def _add_page(app: FastAPI) -> None:
    @app.get("/health", tags=["page"])
    def health() -> Health:
        """That the server answers."""
        return Health(version=__version__)

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        """The page."""
        return FileResponse(_STATIC / "index.html", headers={"cache-control": "no-cache"})

    app.mount("/static", StaticFiles(directory=_STATIC, check_dir=False))


async def _tell_validation(_request: Request, error: Exception) -> JSONResponse:
    """The first thing that is wrong, in one line, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    detail = f"{place[:100]}: {first['msg']}" if place else str(first["msg"])
    # Half a surrogate pair, which JSON may spell, cannot be sent back.
    return JSONResponse({"detail": detail.encode("utf-8", "replace").decode()}, 422)


async def _tell_error(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 422)


async def _tell_unavailable(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503)


async def _tell_gone(_request: Request, _error: Exception) -> JSONResponse:
    """Deleted between the look into the store and the look into its folder."""
    return JSONResponse({"detail": "the transcription has been deleted"}, 404)


async def _tell_unsaved(_request: Request, error: Exception) -> JSONResponse:
    """The disk is full, or may no longer be written."""
    detail = f"the server cannot save anything now ({error}); free space on its disk, try again"
    return JSONResponse({"detail": detail}, 503)


async def _tell_crash(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "something went wrong here; the server's log says what"}, 500)
