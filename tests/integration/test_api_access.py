"""Signing in, roles, keys, browsers, limits, and errors in one form."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect

from api.contract.access import Role
from ironcore.local_api import sign_in_link
from ironcore.stack import Stack
from tests.integration.api import PASSWORD, Api, running_api
from tests.integration.conftest import fresh_endpoints

ANY = "00000000-0000-8000-8000-000000000000"
ACT = {"threat_ids": [ANY], "action": "acknowledge"}


@pytest.fixture(scope="module")
def api(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("access")
    page = folder / "dist"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>IronCore</title>")
    (page / "assets" / "index-Bx3k9a7f.js").write_text("export {}")
    with (
        fresh_endpoints(stack, folder) as endpoints,
        running_api(endpoints, folder, sign_in_attempts=5, dashboard_dir=page, recheck_s=0.2) as started,
    ):
        yield started


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/threats", {Role.VIEWER, Role.ANALYST, Role.ADMIN}),
        ("GET", "/stats", {Role.VIEWER, Role.ANALYST, Role.ADMIN}),
        ("POST", "/triage", {Role.ANALYST, Role.ADMIN}),
        ("DELETE", "/suppressions/1", {Role.ANALYST, Role.ADMIN}),
        ("GET", "/keys", {Role.ADMIN}),
        ("POST", "/events", {Role.ADMIN}),
    ],
)
async def test_roles_may_do_what_is_theirs(api: Api, method: str, path: str, allowed: set[Role]) -> None:
    body = {"content": b"{}"} if path == "/events" else {"json": ACT} if method == "POST" else {}
    for role in (None, *Role):
        async with api.client(role) as client:
            status = (await client.request(method, path, **body)).status_code
        assert (status == 401) is (role is None)
        assert (status == 403) is (role is not None and role not in allowed)


async def test_keys_do_what_their_scopes_say_until_they_are_deleted(api: Api) -> None:
    async with api.client(Role.ADMIN) as admin:
        made = (await admin.post("/keys", json={"name": "siem", "scopes": ["read"]})).json()
        assert (await admin.post("/keys", json={"name": "siem", "scopes": ["read"]})).status_code == 409
        over = {"name": "over", "scopes": ["read"], "expires_time": time.time() - 1}
        assert (await admin.post("/keys", json=over)).status_code == 422
        [listed] = (await admin.get("/keys")).json()["items"]
        assert "key" not in listed
        async with httpx.AsyncClient(
            base_url=f"{api.url}/api/v1", headers={"Authorization": f"Bearer {made['key']}"}
        ) as siem:
            assert (await siem.get("/threats")).status_code == 200
            assert (await siem.get("/auth/me")).json()["name"] == "key:siem"
            assert (await siem.post("/triage", json=ACT)).status_code == 403
            assert (await siem.post("/auth/refresh")).status_code == 403
            live = connect(
                f"ws://{api.process.address}/ws/threats", additional_headers={"Authorization": f"Bearer {made['key']}"}
            )
            async with live as feed:
                await feed.recv()  # hello: it was admitted
                assert (await admin.delete(f"/keys/{made['key_id']}")).status_code == 204
                await asyncio.wait_for(feed.wait_closed(), 30)
                assert feed.close_code == 1012
            deadline = time.monotonic() + 30
            while (await siem.get("/threats")).status_code != 401:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)


async def test_a_browser_signs_in_writes_with_its_header_and_signs_out(api: Api) -> None:
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1") as browser:
        answer = await browser.post("/auth/token", json={"username": "ann", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
        assert (await browser.get("/auth/me")).json()["role"] == "analyst"
        assert (await browser.post("/triage", json=ACT)).status_code == 403
        marked = {"X-Requested-With": "ironcore"}
        assert (await browser.post("/triage", json=ACT, headers=marked)).status_code == 200
        assert (await browser.post("/auth/refresh", headers=marked)).status_code == 200
        token = browser.cookies["ironcore_session"]
        assert (await browser.post("/auth/logout", headers=marked)).status_code == 204
        assert (await browser.get("/auth/me")).status_code == 401
        again = await browser.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert again.status_code == 401


async def test_a_code_works_once(api: Api) -> None:
    link = await asyncio.to_thread(sign_in_link, api.endpoints, api.process.address)
    code = link.partition("#code=")[2]
    async with api.client(None) as client:
        first = await client.post("/auth/token", json={"code": code})
        assert first.json()["user"] == {"name": "local", "role": "admin"}
        assert (await client.post("/auth/token", json={"code": code})).status_code == 401


async def test_guessing_is_slowed_down_and_hits_only_the_guessed(api: Api) -> None:
    async with api.client(None) as client:
        wrong = {"username": "nobody", "password": "x" * 12}
        answers = await asyncio.gather(*(client.post("/auth/token", json=wrong) for _ in range(20)))
        statuses = [answer.status_code for answer in answers]
        assert 1 <= statuses.count(401) <= 5  # they all come at once
        assert statuses.count(429) == 20 - statuses.count(401)
        assert (await client.post("/auth/token", json=wrong)).status_code == 429


async def test_an_address_with_a_zone_is_text_or_refused(api: Api) -> None:
    async with api.client() as client:
        assert (await client.get("/threats", params={"q": "fe80::1%eth0"})).status_code == 200
        match = {"match": {"src_ip": "fe80::1%eth0"}, "window_s": 60}
        assert (await client.post("/suppressions/preview", json=match)).status_code == 422


async def test_errors_have_one_form(api: Api) -> None:
    async with api.client() as client:
        asked = {
            404: client.get("/nothing"),
            405: client.put("/triage"),
            413: client.post("/triage", content=b"x" * 2_000_000),
            422: client.get("/threats?limit=501"),
            400: client.post("/triage", content=b"\xff", headers={"content-type": "application/json"}),
        }
        for status, question in asked.items():
            answer = await question
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
            assert answer.json()["detail"]

        async def chunks() -> object:
            for _ in range(40):
                yield b"x" * 65_536

        assert (await client.post("/triage", content=chunks())).status_code == 413  # type: ignore[arg-type]


async def test_headers_keep_pages_to_themselves(api: Api) -> None:
    async with api.client() as client:
        for path in ("/threats", "/threats", "/nothing", "/../../"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert "server" not in headers
        crossing = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
        answer = await client.options("/threats", headers=crossing)
        assert "access-control-allow-origin" not in answer.headers


async def test_the_dashboard_is_served_with_its_routes(api: Api) -> None:
    async with httpx.AsyncClient(base_url=api.url) as browser:
        for path in ("/", "/triage", f"/threats/{ANY}"):
            page = await browser.get(path)
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
            assert "IronCore" in page.text
        script = await browser.get("/assets/index-Bx3k9a7f.js")
        assert "immutable" in script.headers["cache-control"]
        for path in ("/assets/gone-12345678.js", "/api/v1/nothing", "/assets/../../api.log"):
            assert (await browser.get(path)).status_code == 404


async def test_health_readiness_and_metrics_answer_without_signing_in(api: Api) -> None:
    async with httpx.AsyncClient(base_url=api.url) as anybody:
        for path in ("/health", "/ready"):
            assert (await anybody.get(path)).json() == {"ok": True, "detail": "ok"}
        assert "ironcore_api_requests_total" in (await anybody.get("/metrics")).text
