"""The Faust application: group membership, assignment and the commit timer are its; the rest is ours."""

from __future__ import annotations

import asyncio
from typing import Any

import faust
from yarl import URL

from streams.restore import Rewind
from streams.settings import WorkerSettings

#: Records in one slab at most, and slabs that wait in Faust before its fetcher pauses.
MAX_FETCH_BYTES = 1_048_576
BUFFERED_SLABS = 4


class App(faust.App):
    """A Faust app that tells its slab transport how far to rewind, and how long to drain and to poll."""

    rewind: Rewind
    drain_s: float
    fetch_wait_s: float
    wanted: asyncio.Event  #: set while records should be fetched; the consumer clears it once some have come

    def _create_directories(self) -> None:
        """Make none: there are no tables to keep."""


class SlabSchema(faust.Schema[Any, Any]):
    """Hands a slab to the agent as it is: it was decoded by nobody yet, and Faust should not try."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        """Return None: a slab has no key of its own."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """Return the slab."""
        return message.value


def build_app(broker: str, settings: WorkerSettings, wanted: asyncio.Event) -> App:
    """Return a configured app on the slab transport; it declares no topics and serves no web pages of its own."""
    app = App(
        settings.group,
        broker=[URL(f"slab://{address}") for address in broker.split(",")],
        topic_allow_declare=False,
        topic_disable_leader=True,
        reply_create_topic=False,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_max_fetch_size=MAX_FETCH_BYTES,
        broker_max_poll_records=settings.batch_events,
        broker_max_poll_interval=settings.poll_limit_s,
        broker_session_timeout=settings.session_timeout_s,
        broker_rebalance_timeout=settings.rebalance_timeout_s,
        broker_heartbeat_interval=settings.heartbeat_s,
        broker_commit_interval=settings.commit_interval_s,
        stream_buffer_maxsize=BUFFERED_SLABS,
        stream_wait_empty=True,
    )
    app.rewind = Rewind(settings.restore_s, settings.restore_records)
    app.drain_s = settings.drain_s
    app.fetch_wait_s = settings.fetch_wait_s
    app.wanted = wanted
    return app
