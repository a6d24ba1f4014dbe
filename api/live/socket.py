"""`/ws/threats`: accepts a client, checks who it is and what it wants, and joins it to the hub."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import msgspec
from pydantic import ValidationError

from api.access.authenticate import Authenticator, Credential, credential_of
from api.access.principal import Permission, Principal
from api.contract.filter import ThreatFilter
from api.live.client import Client
from api.live.codec import CODECS, Codec
from api.live.hub import Hub
from api.live.position import position_of
from api.settings import ApiSettings

PATH = "/ws/threats"
#: Close codes (RFC 6455; those from 4000 on are ours).
RECONNECT, FULL, BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN = 1012, 1013, 4400, 4401, 4403
MAX_PARAMETERS = 1000
_LISTS = {name for name, field in ThreatFilter.model_fields.items() if field.default == []}


class RefusedError(Exception):
    """Closes the connection with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:120].decode(errors="ignore")  # a close frame has room for 123 bytes


class Socket:
    """The ASGI application of the live feed."""

    def __init__(self, hub: Hub, authenticator: Authenticator, settings: ApiSettings) -> None:
        self._hub, self._authenticator, self._settings = hub, authenticator, settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection until it ends."""
        await receive()  # websocket.connect
        if not self._from_here(scope):
            await send({"type": "websocket.close", "code": FORBIDDEN})  # before the accept: HTTP 403
            return
        await send({"type": "websocket.accept"})
        try:
            await self._admitted(scope, receive, send)
        except RefusedError as refused:
            await send({"type": "websocket.close", "code": refused.code, "reason": refused.reason})

    async def _admitted(self, scope: Any, receive: Any, send: Any) -> None:
        credential = credential_of(scope["headers"])
        principal = await self._principal(credential)
        query, codec, since = _wanted(scope["query_string"])
        if self._hub.clients >= self._settings.live_clients:
            raise RefusedError(FULL, "too many live clients: try again later")
        client = Client(send, codec, self._settings.live_queue, self._hub.last_id)
        await self._serve(partial(self._is_over, credential, principal), client, query, since, receive)

    def _from_here(self, scope: Any) -> bool:
        """Tell whether the page that asks is ours; other programs than browsers send no origin."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin is None:
            return True
        text = origin.decode("latin-1")
        return (
            text.partition("://")[2] == headers.get(b"host", b"").decode("latin-1") or text in self._settings.origins()
        )

    async def _principal(self, credential: Credential | None) -> Principal:
        principal = await self._authenticator.verify(credential.text) if credential else None
        if principal is None:
            raise RefusedError(UNAUTHENTICATED, "sign in first")
        if Permission.READ not in principal.permissions:
            raise RefusedError(FORBIDDEN, "this key may not read")
        return principal

    async def _is_over(self, credential: Credential | None, principal: Principal) -> bool:
        """Tell whether a token has run out or was ended, or a key was deleted; an outage ends nothing."""
        if principal.expires_time is not None and time.time() >= principal.expires_time:
            return True
        try:
            return credential is None or await self._authenticator.verify(credential.text) is None
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def _serve(
        self,
        is_over: Callable[[], Awaitable[bool]],
        client: Client,
        query: ThreatFilter,
        since: str | None,
        receive: Any,
    ) -> None:
        sender = asyncio.create_task(client.run())
        listener = asyncio.create_task(self._listen(client, receive))
        try:
            self._hub.join(client, query, since, sender)
            done: set[asyncio.Task[None]] = set()
            while not done:
                done, _ = await asyncio.wait(
                    {sender, listener}, timeout=self._settings.recheck_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not done and await is_over():
                    raise RefusedError(RECONNECT, "the token is over: connect again with a new one")
            if listener in done:
                listener.result()
        finally:
            self._hub.leave(client)
            sender.cancel()
            listener.cancel()
            await asyncio.gather(sender, listener, return_exceptions=True)

    async def _listen(self, client: Client, receive: Any) -> None:
        """Take the client's frames until it goes. Raises RefusedError for one that is none."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                self._take(client, message.get("bytes") or (message.get("text") or "").encode())
            except (msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError) as error:
                raise RefusedError(BAD_REQUEST, _told(error)) from error

    def _take(self, client: Client, data: bytes) -> None:
        frame = client.codec.decode(data)
        kind = frame["type"]
        if kind == "filter":
            self._hub.refilter(client, ThreatFilter.model_validate(frame["filter"]))
        elif kind != "pong":
            raise ValueError(f"a frame of type {kind!r} is not known")


def _wanted(query_string: bytes) -> tuple[ThreatFilter, Codec, str | None]:
    """Return filter, form and where to go on from. Raises RefusedError."""
    try:
        values = parse_qs(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise RefusedError(BAD_REQUEST, _told(error)) from error
    form = values.pop("format", ["msgpack"])[-1]
    since = values.pop("since")[-1] if "since" in values else None
    if form not in CODECS:
        raise RefusedError(BAD_REQUEST, f"format: {form!r} is none of {', '.join(CODECS)}")
    if since is not None and position_of(since) is None:
        raise RefusedError(BAD_REQUEST, "since: give a last_id")
    given = {name: found if name in _LISTS else found[-1] for name, found in values.items()}
    try:
        return ThreatFilter.model_validate(given), CODECS[form], since
    except ValidationError as error:
        raise RefusedError(BAD_REQUEST, _told(error)) from error


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error) or type(error).__name__
