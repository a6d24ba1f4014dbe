"""A peer's own count, on the port and under the name of a worker's, so that all are read in the same way."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, start_http_server


def count_events(host: str, port: int) -> Counter:
    """Serve `ironcore_events_total` on a port, and return the counter to add to."""
    registry = CollectorRegistry()
    start_http_server(port, host, registry)
    return Counter("ironcore_events_total", "Events scored and stored.", registry=registry)
