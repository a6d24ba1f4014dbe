"""The ASGI application of one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.description import with_routes
from api.edge.edge import Edge
from api.edge.files import DEFAULT, Files
from api.faults import add_handlers
from api.log import configure
from api.orphan import end_with_parent
from api.process import running

if TYPE_CHECKING:
    from ironcore.settings import Settings


class Application:
    """Starts the process's parts in ASGI's lifespan, and serves what comes between."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._edge is not None
        await self._edge(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()  # lifespan.startup
        try:
            async with running(self._settings) as context:
                app = with_routes()
                add_handlers(app)
                app.state.context = context
                folder = self._settings.api.dashboard_dir
                self._edge = Edge(app, context, Files(Path(folder) if folder else DEFAULT))
                await send({"type": "lifespan.startup.complete"})
                await receive()  # lifespan.shutdown
        except Exception as error:
            if self._edge is not None:
                raise
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})


def make() -> Application:
    """Return the application with the settings of the environment: what every process of the server calls."""
    from ironcore.settings import load  # noqa: PLC0415 - the settings import ours

    settings = load()
    configure(settings.log_level)
    if settings.api.processes > 1:
        end_with_parent()
    return Application(settings)
