"""An analyst's day in a real browser, on the real pipeline."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import asyncpg
import msgpack
import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from api.contract.access import Role
from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from ironcore.traffic.read import read
from schemas.threat import ThreatClass
from tests.integration.api import Api, running_api, store, threat
from tests.integration.browser import NARROW, WIDE, Analyst, analyst, chromium
from tests.integration.conftest import Workers, until
from tests.integration.test_pipeline import LOGS
from tests.integration.traffic import all_stored, scan, send_noted

pytestmark = pytest.mark.timeout(420)  # a browser on a busy machine
expect.set_options(timeout=30_000)
SCANNER = "10.9.9.9"


@pytest.fixture
def api(endpoints: Endpoints, tmp_path: Path, workers: Workers) -> Iterator[Api]:
    """The whole line: broker, database, a worker, the API that serves the dashboard."""
    with running_api(endpoints, tmp_path, [workers.start()]) as started:
        yield started


@pytest.fixture
def api_alone(endpoints: Endpoints, tmp_path: Path) -> Iterator[Api]:
    with running_api(endpoints, tmp_path) as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_a_threat_is_seen_live_found_understood_and_closed_for_good(
    api: Api, endpoints: Endpoints, database: asyncpg.Connection, browser: Browser
) -> None:
    ledger = Ledger()
    if LOGS.exists():
        await send_noted(endpoints.broker, read(LOGS / "suricata_eve.jsonl.gz"), ledger)
        await until(partial(all_stored, database, ledger), what="the real log in Postgres")
    async with analyst(browser, api) as ann:
        await ann.sign_in(Role.ANALYST)
        await send_noted(endpoints.broker, scan(400), ledger)
        await ann.page.get_by_role("button", name=SCANNER, exact=True).first.wait_for()  # it arrives without a reload

        await ann.page.get_by_label("Search threats").fill(SCANNER)
        await ann.page.keyboard.press("Enter")
        await expect(ann.page).to_have_url(f"{api.url}/?q={SCANNER}")
        await ann.open(f"/triage?status=!closed&entity={SCANNER}")
        await ann.page.locator("[role=row]", has_text="Scan").get_by_role("button", name="Scan").click()
        await expect(ann.page).to_have_url(
            f"{api.url}/triage?threat_class=scan&entity={SCANNER}&status=!closed&view=threats".replace("!", "%21")
        )
        await ann.threats().first.click()

        await ann.page.get_by_text("Mostly because of").wait_for()
        reasons = ann.page.locator("li[data-feature]")
        assert await reasons.count() >= 3
        assert await ann.page.get_by_text("T1046").count() == 1
        await ann.page.keyboard.press("a")
        await expect(ann.page.locator("header").get_by_text("Acknowledged", exact=True)).to_be_visible()
        await ann.page.keyboard.press("c")
        await ann.page.get_by_label("False positive").check()
        await ann.page.get_by_label("Reason").fill("Our own scanner, see change 4711")
        await ann.page.get_by_role("button", name="Close", exact=True).last.click()
        await expect(ann.page.locator("header").get_by_text("False positive")).to_be_visible()

        await ann.page.reload()
        await expect(ann.page.locator("header").get_by_text("False positive")).to_be_visible()
        history = ann.page.get_by_role("region", name="History")
        await expect(history).to_contain_text("closed it as false positive")
        await expect(history).to_contain_text("acknowledged it")
        await expect(history).to_contain_text("Our own scanner, see change 4711")


async def test_two_analysts_see_each_other_and_a_conflict_is_told(
    api_alone: Api, endpoints: Endpoints, database: asyncpg.Connection, browser: Browser
) -> None:
    one = threat(1)
    await store(database, [one])
    path = f"/threats/{one.threat_id}"
    async with analyst(browser, api_alone) as ann, analyst(browser, api_alone) as adm:
        await ann.sign_in(Role.ANALYST)
        await adm.sign_in(Role.ADMIN)
        await ann.open(path)
        await adm.open(path)
        await adm.page.get_by_role("button", name="Acknowledge").wait_for()
        await ann.page.keyboard.press("a")
        await expect(adm.page.locator("header").get_by_text("Acknowledged", exact=True)).to_be_visible()
        await expect(adm.page.get_by_text("ann acknowledged a threat.")).to_be_visible()

        await adm.page.route_web_socket("**/ws/**", lambda _: None)  # adm's window hears of nothing any more
        await adm.page.reload()
        await adm.page.get_by_role("button", name="Close", exact=True).click()
        await ann.page.keyboard.press("c")
        await ann.page.get_by_label("True positive").check()
        await ann.page.get_by_role("button", name="Close", exact=True).last.click()
        await expect(ann.page.locator("header").get_by_text("True positive")).to_be_visible()
        await adm.page.get_by_label("Undetermined").check()
        await adm.page.get_by_role("button", name="Close", exact=True).last.click()
        await expect(adm.page.get_by_text("Not changed:")).to_be_visible()
        await expect(adm.page.locator("header").get_by_text("True positive")).to_be_visible()


async def test_many_are_closed_at_once_and_one_is_suppressed(
    api_alone: Api, database: asyncpg.Connection, browser: Browser
) -> None:
    await store(database, [threat(number, at=time.time() - number) for number in range(30)])
    other = threat(99, entity="10.7.7.7", src_ip="10.7.7.7", threat_class=ThreatClass.EXFILTRATION)
    await store(database, [other])
    async with analyst(browser, api_alone) as ann:
        await ann.sign_in(Role.ANALYST)
        await ann.open(f"/triage?entity={SCANNER}&view=threats")
        await ann.threats().first.wait_for()
        for key in ("j", "x"):
            await ann.page.keyboard.press(key)
        await ann.page.get_by_role("button", name="Choose all 30 that match").click()
        await ann.page.keyboard.press("c")
        await ann.page.get_by_label("Benign positive").check()
        await ann.page.get_by_role("button", name="Close", exact=True).last.click()
        await expect(ann.page.get_by_text("30 threats closed.")).to_be_visible()
        assert await database.fetchval("SELECT count(*) FROM triage_history WHERE verdict = 'benign_positive'") == 30

        await ann.open(f"/threats/{other.threat_id}")
        await ann.page.get_by_text("Mostly because of").wait_for()
        await ann.page.keyboard.press("s")
        await expect(ann.page.get_by_text("it would have hidden 1 threat")).to_be_visible()
        await ann.page.get_by_label("Reason").fill("Backup to the second site")
        await ann.page.get_by_role("button", name="Suppress", exact=True).last.click()
        await expect(ann.page.locator("header").get_by_text("suppressed")).to_be_visible()
        await ann.open("/suppressions")
        await expect(ann.page.get_by_text("Backup to the second site")).to_be_visible()
        await ann.page.get_by_role("button", name="End it").click()
        await ann.page.get_by_role("button", name="End it").last.click()
        await expect(ann.page.get_by_text("Nothing is suppressed.")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
async def test_no_view_is_hard_to_use_for_anybody(
    api_alone: Api, database: asyncpg.Connection, browser: Browser, size: Any, theme: Literal["dark", "light"]
) -> None:
    """What axe finds, in every view and dialog, and whether the page is wider than the window."""
    one = threat(1)
    severities = [threat(number, risk=20.0 + 4 * number, at=time.time() - number) for number in range(2, 21)]
    await store(database, [one, *severities])
    async with analyst(browser, api_alone, size=size, theme=theme) as ann:
        await ann.open("/login")
        await _judge(ann, "Sign in to IronCore")
        await ann.sign_in(Role.ANALYST)
        await _judge(ann, "in the list")
        for path, text in {
            "/triage": "match", "/triage?view=threats&severity=!low": "match", "/entities/10.9.9.9": "Risk over time",
            "/suppressions": "Nothing is suppressed", f"/threats/{one.threat_id}": "Mostly because of",
        }.items():  # fmt: skip
            await ann.open(path)
            await _judge(ann, text)
        for key, text in {
            "c": "Verdict",
            "m": "Take it myself",
            "n": "Note on",
            "s": "it would have hidden",
            "?": "This help",
        }.items():
            await ann.page.keyboard.press(key)
            await _judge(ann, text)
            await ann.page.keyboard.press("Escape")


async def _judge(ann: Analyst, text: str) -> None:
    await ann.page.get_by_text(text).first.wait_for()
    assert await ann.violations() == [], text
    assert await ann.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{text}: wider than the window"
    )


async def test_a_hundred_thousand_rows_cost_no_more_than_those_in_view(
    api_alone: Api, browser: Browser, record_property: Any
) -> None:
    """The list grows over a live connection that the test plays; a dropped part is a line of its own."""
    number = 100_000
    async with analyst(browser, api_alone) as ann:
        await ann.page.route_web_socket("**/ws/threats?**", partial(_play, number=number))
        await ann.sign_in(Role.ANALYST)
        table = ann.page.get_by_role("table", name="Threats, newest first")
        await expect(table).to_have_attribute("aria-rowcount", str(number + 1), timeout=90_000)
        await expect(ann.page.get_by_text("7 not delivered here")).to_be_visible()
        for step_px in (120, 700):  # a quick wheel, and dragging the scroll bar
            frames = await ann.page.evaluate(SCROLL, step_px)
            record_property(f"frames_at_{step_px}_px", frames)
            print(f"scrolling 100,000 rows, {step_px} px a frame:", frames)  # noqa: T201 - a figure for the report
            assert frames["most_rows"] < 100
        assert frames["scrolled_px"] > 100_000


def _play(socket: WebSocketRoute, number: int) -> None:
    """Be the server: say hello, deliver, and own up to a gap."""
    base = threat(0)
    item = base.model_dump(mode="json", include={
        "threat_id", "event_time", "scored_time", "entity", "severity", "threat_class", "risk", "anomaly", "src_ip",
        "dst_ip", "dst_port", "sensor", "attack", "model_version",
    })  # fmt: skip
    triage = {"status": "new", "assignee": None, "verdict": None, "suppressed": False}

    def send(frame: dict[str, Any]) -> None:
        socket.send(msgpack.packb(frame))

    resumed = "since=" in socket.url  # a slow browser may find us silent, and come again
    send({"type": "hello", "last_id": "0", "server_time": time.time(), "resumed": resumed})
    if resumed:
        return
    for first in range(0, number, 5000):
        items = [{**item, **triage, "threat_id": f"{base.threat_id}-{first + n}"} for n in range(5000)]
        send({"type": "threats", "items": items, "last_id": str(first + 5000)})
    send({"type": "gap", "dropped": 7, "since_id": "1", "until_id": "2"})


SCROLL = """async (px) => {
  const scroller = document.querySelector('[role=rowgroup][tabindex="0"]');
  const times = [];
  let most_rows = 0;
  await new Promise((done) => {
    let steps = 0;
    const step = (now) => {
      times.push(now);
      most_rows = Math.max(most_rows, document.querySelectorAll('[data-index]').length);
      scroller.scrollTop += px;
      if (++steps < 200) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
  });
  const gaps = times.slice(1).map((time, at) => time - times[at]).sort((one, other) => one - other);
  const at = (share) => Math.round(gaps[Math.floor(share * (gaps.length - 1))] * 10) / 10;
  const fps = Math.round(1000 * gaps.length / (times.at(-1) - times[0]));
  return {fps, p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), most_rows, scrolled_px: scroller.scrollTop};
}"""
