import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.guard import Guard
from drumscribe.web.settings import StudioSettings

TOKEN = "0123456789abcdef-secret"


async def application(scope, receive, send):
    await PlainTextResponse("inside")(scope, receive, send)


def ask(tmp_path, method="GET", path="/", host="127.0.0.1:8000", settings=None, **headers):
    """The answer of a guarded application that lets everything in."""
    guard = Guard(
        application, StudioSettings(data_dir=tmp_path, model=tmp_path, **(settings or {}))
    )

    async def run():
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=names)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "localhost:1234", "[::1]:8000", "LOCALHOST:8000"]
)
def test_names_of_this_machine_are_let_in(tmp_path, host):
    assert ask(tmp_path, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "192.168.1.2",
     "evil.example#localhost", "localhost@evil.example", "[", "127.0.0.1:8000:9"],
)  # fmt: skip
def test_a_foreign_name_that_points_here_is_refused(tmp_path, host):
    answer = ask(tmp_path, Host=host)
    assert answer.status_code in (400, 421)
    assert answer.json()["detail"].startswith("this studio answers to localhost alone")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000", ""]
)
def test_other_sites_may_change_nothing(tmp_path, method, origin):
    answer = ask(tmp_path, method, "/api/transcriptions", Origin=origin)
    assert answer.status_code == 403
    assert "other sites" in answer.json()["detail"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_other_sites_may_not_even_embed_what_is_here(tmp_path, site):
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert ask(tmp_path, "GET", "/api/transcriptions", **headers).status_code == 403
    assert ask(tmp_path, "POST", "/api/transcriptions", **headers).status_code == 403


def test_a_link_on_another_site_opens_the_page(tmp_path):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(tmp_path, **headers).status_code == 200
    assert ask(tmp_path, "POST", **headers).status_code == 403


def test_the_own_page_and_programs_may_change_things(tmp_path):
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert ask(tmp_path, "POST", **own).status_code == 200
    assert ask(tmp_path, "DELETE").status_code == 200


def test_every_answer_bears_the_security_headers(tmp_path):
    for answer in (ask(tmp_path), ask(tmp_path, Host="evil.example")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


OPEN = {"host": "0.0.0.0", "token": TOKEN}


@pytest.mark.parametrize("token", ["", "short"])
def test_another_address_needs_a_token(tmp_path, token):
    with pytest.raises(DrumscribeError, match="--token"):
        StudioSettings(data_dir=tmp_path, model=tmp_path, host="0.0.0.0", token=token)


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xff"],
)
def test_without_the_token_nobody_gets_in(tmp_path, given):
    headers = {"Authorization": given.encode("latin-1")} if given else {}
    answer = ask(tmp_path, "GET", "/api/transcriptions", settings=OPEN, **headers)
    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.json()["detail"]


def test_with_the_token_any_name_of_the_machine_will_do(tmp_path):
    answer = ask(tmp_path, settings=OPEN, Host="studio.example", Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200


def test_the_address_with_the_token_sets_a_cookie_that_opens_the_rest(tmp_path):
    answer = ask(tmp_path, path=f"/?token={TOKEN}", settings=OPEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert ask(tmp_path, settings=OPEN, Cookie=f"a=b; {pair}").status_code == 200
    assert ask(tmp_path, settings=OPEN, Cookie=f"{pair}0").status_code == 401


def test_a_wrong_token_in_the_address_opens_nothing(tmp_path):
    answer = ask(tmp_path, path="/?token=wrong", settings=OPEN)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_token_is_asked_for_on_the_own_machine_too_where_one_is_set(tmp_path):
    assert ask(tmp_path, settings={"token": TOKEN}).status_code == 401


def test_health_is_told_without_a_token(tmp_path):
    assert ask(tmp_path, path="/health", settings=OPEN).status_code == 200
