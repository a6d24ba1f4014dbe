"""The first thing that a request meets.

1. A hot read of somebody who is known: its bytes, and nothing else. 2. A file of the dashboard. 3. Everything else:
who is asking, whether a browser meant it, how long the body is; then the route. Every response gets its headers here,
and every error its one form.
"""

from __future__ import annotations

import time
from typing import Any

from api.access.authenticate import Credential, credential_of
from api.access.principal import Permission
from api.context import Context
from api.database import AWAY
from api.edge.body import bounded, check_length
from api.edge.files import Files
from api.edge.headers import security_headers
from api.edge.origins import Origins
from api.edge.question import question_of
from api.errors import ProblemError
from api.live.socket import PATH, Socket
from api.log import log

READS = ("GET", "HEAD")
SIGN_IN = "/api/v1/auth/token"
REQUESTED_WITH = (b"x-requested-with", b"ironcore")


class Edge:
    """An ASGI application around the routes of one process."""

    def __init__(self, app: Any, context: Context, files: Files) -> None:
        self._app, self._context, self._files = app, context, files
        self._security = security_headers(local=context.settings.local)
        self._origins = Origins(context.settings.origins())
        self._socket = Socket(context.hub, context.authenticator, context.settings)
        self._hot_count = context.metrics.requests.labels("hot", "200")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request or one live client."""
        if scope["type"] == "websocket":
            await self._live(scope, receive, send)
            return
        headers = scope["headers"]
        credential = credential_of(headers)
        if scope["method"] == "GET" and credential is not None and await self._hot(scope, credential, send):
            return  # 1.
        sender = _Sender(send, [*self._security, *self._origins.marks(headers)])
        began = time.perf_counter()
        try:
            await self._serve(scope, receive, sender, credential)
        except ProblemError as error:
            await error.response()(scope, receive, sender)
        except AWAY as fault:
            log.warning("a request failed since a server is away: %s", fault or type(fault).__name__)
            await ProblemError(503, "a server is away: try again").response()(scope, receive, sender)
        except Exception as error:  # noqa: BLE001 - Starlette answers with 500, tells our log, and raises again
            if not sender.started:
                log.error("unforeseen %s at %s", type(error).__name__, scope["path"], exc_info=error)
                await ProblemError(500, "something went wrong here; the log says what").response()(
                    scope, receive, sender
                )
        finally:
            self._measure(scope, sender, time.perf_counter() - began)

    async def _live(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == PATH:
            await self._socket(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    async def _hot(self, scope: Any, credential: Credential, send: Any) -> bool:
        """Answer from the process's own memory, if who asks is known and the answer is there."""
        principal = self._context.authenticator.known(credential.text)
        if principal is None or Permission.READ not in principal.permissions:
            return False
        kept = self._context.answers.hot(question_of(scope))
        if kept is None or self._origins.marks(scope["headers"]):
            return False
        self._hot_count.inc()
        await send(kept.hot_start)
        await send(kept.body)
        return True

    async def _serve(self, scope: Any, receive: Any, send: Any, credential: Credential | None) -> None:
        method, headers = scope["method"], scope["headers"]
        if (marks := self._origins.preflight(method, headers)) is not None:
            await _plain(send, 204, marks)
            return
        if method in READS and (file := self._files.find(scope["path"])) is not None:
            await _file(send, *file.best(dict(headers).get(b"accept-encoding", b"")), method)  # 2.
            return
        check_length(headers, self._context.settings.body_bytes)  # 3.
        principal = await self._context.authenticator.verify(credential.text) if credential else None
        by_browser = principal is not None and credential is not None and credential.by_cookie
        if by_browser and method not in READS and scope["path"] != SIGN_IN and REQUESTED_WITH not in headers:
            raise ProblemError(403, "a browser's write needs the header X-Requested-With: ironcore")
        scope["principal"] = principal
        await self._app(scope, bounded(receive, self._context.settings.body_bytes), send)

    def _measure(self, scope: Any, sender: _Sender, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "files" if sender.status < 400 else "none")
        self._context.metrics.requests.labels(route, str(sender.status)).inc()
        self._context.metrics.request_seconds.labels(route).observe(seconds)


class _Sender:
    """Adds headers to a response, and remembers its status."""

    def __init__(self, send: Any, headers: list[tuple[bytes, bytes]]) -> None:
        self._send, self._headers, self.status = send, headers, 500
        self.started = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.started = message["status"], True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)


async def _plain(send: Any, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _file(send: Any, headers: list[tuple[bytes, bytes]], data: bytes, method: str) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else data})
