"""The API: hot and cold reads beside a bare route of the same bytes, and many live clients."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ironcore.local_api import api_process, sign_in_link
from ironcore.settings import Settings
from ironcore.stack import Endpoints
from loadtest.bench import Bench
from loadtest.drivers.api.load import measure_live, measure_reads
from loadtest.measurements.hot_reads import stored

#: Reads that differ, so that none is in a cache: more than are read in one measurement.
COLD_PATHS = [f"/api/v1/threats?limit=100&min_risk={number / 1000:.3f}" for number in range(50_000)]


def measure(bench: Bench) -> dict[str, Any]:
    """Return what was found, with the run's threats stored."""
    with stored(bench) as endpoints:
        found = _load(bench, endpoints)
    bench.tell(
        f"  hot reads at {found['reads']['hot_share_of_bare']:.0%} of the bare route, "
        f"p95 {found['reads']['hot']['p95_ms']:.1f} ms; live p95 {found['live']['p95_ms']:.0f} ms"
    )
    return found


def _load(bench: Bench, endpoints: Endpoints) -> dict[str, Any]:
    api, seconds = api_process(endpoints, Settings(), bench.folder / "api.log", []), bench.scale.api_s
    try:
        api.start()
        token = _token(endpoints, api.address)
        assert api.pid is not None
        reads = measure_reads(api.address, token, api.pid, COLD_PATHS, rounds=bench.rounds, seconds=seconds)
        live = measure_live(
            api.address, token, api.pid, endpoints.broker, clients=bench.scale.live_clients, seconds=2 * seconds
        )
    finally:
        api.stop()
    return {"reads": reads, "live": live}


def _token(endpoints: Endpoints, address: str) -> str:
    """Sign in as the local stack's link does, and return the token."""
    code = parse_qs(urlsplit(sign_in_link(endpoints, address)).fragment)["code"][0]
    connection = HTTPConnection(address, timeout=30)
    try:
        body = json.dumps({"code": code})
        connection.request("POST", "/api/v1/auth/token", body, {"Content-Type": "application/json"})
        return str(json.loads(connection.getresponse().read())["access_token"])
    finally:
        connection.close()
