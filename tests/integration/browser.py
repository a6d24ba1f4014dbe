"""The dashboard in a real Chromium: a browser for the tests, analysts who use it, and what it may not do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright

from api.contract.access import Role
from tests.integration.api import NAMES, PASSWORD, Api

DASHBOARD = Path(__file__).parents[2] / "dashboard"
AXE = DASHBOARD / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Asking who is signed in, before anybody is.
EXPECTED = ("status of 401", "status of 409")


@dataclass
class Analyst:
    """Somebody with a browser window, and what that window complained about."""

    page: Page
    api: Api
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, role: Role) -> None:
        await self.page.goto(f"{self.api.url}/login")
        await self.page.get_by_label("Name").fill(NAMES[role])
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_text("Live", exact=True).last.wait_for()

    async def open(self, path: str) -> None:
        await self.page.goto(self.api.url + path)

    def threats(self) -> Locator:
        """The links of the rows to their threats."""
        return self.page.locator('[role=row] a[href^="/threats/"]')

    async def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(text in message.text for text in EXPECTED):
            self.complaints.append(message.text)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start the machine's Chromium with a profile that is gone afterwards; skip where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed on this machine")
    if not (DASHBOARD / "dist" / "index.html").is_file():
        pytest.fail("the dashboard is not built: run `make dashboard`")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def analyst(
    browser: Browser, api: Api, *, size: Any = WIDE, theme: Literal["dark", "light"] = "dark"
) -> AsyncIterator[Analyst]:
    """Give somebody a window of their own; fail when a script failed in it or broke the content security policy."""
    context = await browser.new_context(viewport=size, color_scheme=theme)
    one = Analyst(await context.new_page(), api)
    one.page.on("console", one.heard)
    one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
    try:
        yield one
        assert one.complaints == []
    finally:
        await context.close()
