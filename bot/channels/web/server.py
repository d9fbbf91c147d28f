"""The HTTP server around the web chat."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

# 20,000 characters of JSON, each at its longest (a surrogate pair of escapes), and the frame around them.
_LARGEST_FRAME = 20_000 * 12 + 1_024


def create_server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """A server for the chat; ``await server.serve()`` runs it in the current event loop.

    Larger frames than any permitted message are refused by closing the socket (code 1009). Logging is the caller's.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws_max_size=_LARGEST_FRAME,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            timeout_graceful_shutdown=5,
        )
    )
