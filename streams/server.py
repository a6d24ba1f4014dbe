"""The worker's own port: /metrics for Prometheus, /health and /ready for whoever restarts it.

`/metrics?name[]=...` gives what is named, as prometheus_client's own server does: all of it takes some milliseconds.
"""

from __future__ import annotations

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.errors import Fatal
from streams.health import Health, Verdict
from streams.metrics import Metrics


async def start_server(host: str, port: int, health: Health, metrics: Metrics) -> tuple[web.AppRunner, int]:
    """Listen, and return the runner to clean up and the port taken. Raises Fatal when it cannot."""

    async def serve_metrics(request: web.Request) -> web.Response:
        names = request.query.getall("name[]", [])
        asked = metrics.registry.restricted_registry(names) if names else metrics.registry
        return web.Response(body=generate_latest(asked), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def serve_health(_: web.Request) -> web.Response:
        return _answer(health.healthy())

    async def serve_ready(_: web.Request) -> web.Response:
        return _answer(health.ready())

    app = web.Application()
    app.router.add_get("/metrics", serve_metrics)
    app.router.add_get("/health", serve_health)
    app.router.add_get("/ready", serve_ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as fault:
        await runner.cleanup()
        raise Fatal(f"worker.metrics_host and worker.metrics_port: cannot listen on {host}:{port}: {fault}") from fault
    return runner, runner.addresses[0][1]


def _answer(verdict: Verdict) -> web.Response:
    return web.json_response({"ok": verdict.ok, "detail": verdict.detail}, status=200 if verdict.ok else 503)
