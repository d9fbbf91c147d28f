"""The web chat as an ASGI application."""

from __future__ import annotations

import os
import time

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from bot.channels.gateway import Gateway
from bot.channels.web.hub import Hub, RateLimit, WebChannel
from bot.channels.web.pages import STATIC, Pages
from bot.channels.web.security import Guard
from bot.channels.web.sessions import SessionCookies
from bot.channels.web.settings import WebSettings
from bot.channels.web.socket import SocketEndpoint
from bot.channels.web.widget import WidgetPages
from bot.mail import Mailer, mailer_from_environment

_SIGN_INS_PER_WINDOW = 20


def create_app(gateway: Gateway, settings: WebSettings, *, mailer: Mailer | None = None) -> Starlette:
    """The chat's application; registers the channel "web" with the gateway.

    ``mailer`` sends the sign-in links; by default what RAPPORT_SMTP_URL says.
    """
    hub = Hub(time.monotonic)
    gateway.register(WebChannel(hub, gateway.store, gateway.clock))
    cookies = SessionCookies(settings)
    widget_cookies = SessionCookies(settings, embedded=True)
    widget = WidgetPages(gateway=gateway, cookies=widget_cookies, settings=settings)
    pages = Pages(
        gateway=gateway,
        hub=hub,
        cookies=cookies,
        widget_cookies=widget_cookies,
        settings=settings,
        mailer=mailer if mailer is not None else mailer_from_environment(os.environ),
        sign_in_limit=RateLimit(_SIGN_INS_PER_WINDOW, time.monotonic),
    )
    return Starlette(
        routes=[
            Route("/", pages.chat),
            Route("/healthz", pages.health),
            Route("/demo/become", pages.become, methods=["POST"]),
            Route("/sign-in", pages.ask_for_link, methods=["POST"]),
            Route("/sign-in/{token}", pages.sign_in_page, methods=["GET"]),
            Route("/sign-in/{token}", pages.sign_in, methods=["POST"]),
            Route("/sign-out", pages.sign_out, methods=["POST"]),
            Route("/files/{message:int}/{part:int}", pages.file),
            Route("/widget.js", widget.script),
            Route("/widget", widget.page),
            WebSocketRoute("/ws", SocketEndpoint(gateway, hub, cookies, settings.origins()).serve),
            # The sites that show the widget have no say in it: only the page in the frame opens its socket.
            WebSocketRoute("/widget/ws", SocketEndpoint(gateway, hub, widget_cookies, settings.own_origins()).serve),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, settings=settings)],
    )
