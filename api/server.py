"""Runs the processes that share one port: Uvicorn on uvloop."""

from __future__ import annotations

import os
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.metrics import FOLDER_VARIABLE
from api.settings import ApiSettings

STOP_S = 10
MAX_SOCKET_FRAME_BYTES = 65_536
BACKLOG = 4096


def config_of(settings: ApiSettings, log_level: str) -> uvicorn.Config:
    """Return how Uvicorn serves us."""
    return uvicorn.Config(
        "api.app:make",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.processes,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_SOCKET_FRAME_BYTES,
        ws_per_message_deflate=False,  # a frame is shared by many clients; compressing it for each costs a core
        lifespan="on",
        access_log=False,
        log_level="info" if log_level == "debug" else "warning",  # it tells of every live client
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_S,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
    )


def serve(settings: ApiSettings, log_level: str) -> bool:
    """Serve until told to stop; return whether it had started.

    Each process reads the settings from the environment; several of them share their metrics in a folder.
    """
    config = config_of(settings, log_level)
    if settings.processes == 1:
        server = uvicorn.Server(config)
        server.run()
        return server.started
    with tempfile.TemporaryDirectory(prefix="ironcore-api-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        Multiprocess(config, sockets=[config.bind_socket()]).run()
    return True
