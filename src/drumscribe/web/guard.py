"""What stands before every request: who may ask, how much may be sent, and headers of answers.

- Host: on a loopback address the Host header must name this machine, so that a foreign name that
  was made to point here (DNS rebinding) is refused.
- Origin: what changes something must come from the studio's own page or from no page at all.
- Token: where one is set, as "Authorization: Bearer" or as the cookie that ``/?token=`` sets.
- Bodies: bounded in size, patience and pace while they arrive.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drumscribe.web.bodies import BoundedBody
from drumscribe.web.settings import LOOPBACK_HOSTS, StudioSettings

COOKIE = "drumscribe_studio"

_HOST = re.compile(r"(?P<name>[^:\[\]]+|\[[0-9a-f:]+\])(:\d{1,5})?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SMALL_BODY_BYTES = 64_000
_EDITS_BODY_BYTES = 16_000_000
_FORM_BYTES = 64_000  # of a multipart form, beside the recording

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_DEFAULT_HEADERS = {"cache-control": "no-store"}


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: what it guards.
        settings: the server's.
    """

    def __init__(self, app: ASGIApp, settings: StudioSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        body = BoundedBody(
            receive,
            _with_headers(send),
            headers,
            max_bytes=self._max_bytes(scope),
            timeout_s=self._settings.body_timeout_s,
            min_rate_bytes=self._settings.min_upload_rate_kbs * 1000,
        )
        try:
            cookie = self._let_in(scope, headers)
            body.require_declared_size()
        except HTTPException as refusal:
            await _answer(body.send, refusal.status_code, {"detail": refusal.detail})
            return
        if cookie is None:
            await self._app(scope, body.receive, body.send)
        else:
            welcome = {"location": "/", "set-cookie": cookie}
            await _answer(body.send, HTTPStatus.SEE_OTHER, {}, welcome)

    def _let_in(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """The cookie to set, if any, for a request that may pass; otherwise an HTTPException."""
        self._require_own_host(headers)
        _require_own_page(scope, headers)
        cookie = self._new_cookie(scope)
        if cookie is None:
            self._require_token(scope, headers)
        return cookie

    def _max_bytes(self, scope: Scope) -> int:
        """The largest body that a request may have."""
        if scope["method"] == "PATCH":
            return _EDITS_BODY_BYTES
        if scope["method"] == "POST" and scope["path"] in ("/api/transcriptions", "/transcribe"):
            return self._settings.max_upload_bytes + _FORM_BYTES
        return _SMALL_BODY_BYTES

    def _require_own_host(self, headers: Mapping[str, str]) -> None:
        """Where a token is asked for, no page of another name can know it: any name will do."""
        host = _HOST.fullmatch(headers.get("host", "").lower())
        if self._settings.is_local and (
            host is None or host["name"].strip("[]") not in LOOPBACK_HOSTS
        ):
            raise HTTPException(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this studio answers to localhost alone; open it by that name",
            )

    def _new_cookie(self, scope: Scope) -> str | None:
        """The cookie for a browser that opened the page with the right token in its address."""
        if not self._settings.token or scope["path"] != "/" or scope["method"] != "GET":
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not _is_equal(given, self._settings.token):
            return None
        return f"{COOKIE}={self._cookie_value()}; HttpOnly; SameSite=Strict; Path=/"

    def _require_token(self, scope: Scope, headers: Mapping[str, str]) -> None:
        if not self._settings.token or scope["path"] == "/health":
            return
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _is_equal(given.strip(), self._settings.token):
            return
        cookies = (pair.partition("=") for pair in headers.get("cookie", "").split(";"))
        values = [value for name, _, value in cookies if name.strip() == COOKIE]
        if not any(_is_equal(value.strip(), self._cookie_value()) for value in values):
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED,
                "this studio asks for its token: open /?token=..., or send the header "
                "'Authorization: Bearer ...'",
            )

    def _cookie_value(self) -> str:
        return hashlib.sha256(f"cookie {self._settings.token}".encode()).hexdigest()


def _require_own_page(scope: Scope, headers: Mapping[str, str]) -> None:
    """Refuse what a page of another site makes a browser ask; programs send no such headers."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    is_opened = scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"
    is_foreign = site not in ("none", "same-origin") and not is_opened
    if scope["method"] not in _SAFE_METHODS and origin is not None:
        is_foreign = (
            is_foreign or origin.partition("://")[2].lower() != headers.get("host", "").lower()
        )
    if is_foreign:
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "pages of other sites may not use this studio; open it directly"
        )


def _is_equal(given: str, wanted: str) -> bool:
    """Without telling by its time how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def _with_headers(send: Send) -> Send:
    """``send`` that adds the security headers to every answer."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            present = {name.lower() for name, _ in headers}
            wanted = {**_DEFAULT_HEADERS, **_HEADERS}
            headers += [
                (name.encode(), value.encode())
                for name, value in wanted.items()
                if name.encode() not in present
            ]
            message = {**message, "headers": headers}
        await send(message)

    return wrapped


async def _answer(
    send: Send, status: int, contents: object, headers: Mapping[str, str] | None = None
) -> None:
    body = json.dumps(contents).encode()
    pairs = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **(headers or {}),
    }
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
