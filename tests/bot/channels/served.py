"""A web chat on a real socket, and the company it serves."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from bot.channels.gateway import Gateway
from bot.channels.web import Mailer, WebSettings, create_app, create_server
from crm_store.models import Account, Base, Contact, Order, OrderStatus, Role, User
from crm_store.store import Store

SECRET = "only for tests: 0123456789abcdef0123"
_START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def make_company(url: str) -> Store:
    """A store with a rep (user:1), a manager (user:2), and a customer with an order (contact:1)."""
    store = Store(url)
    Base.metadata.create_all(store.engine)
    with store.unit_of_work(now=_START) as uow:
        uow.add(_user("dana", "Dana Reyes", Role.REP))
        uow.add(_user("morgan", "Morgan Ali", Role.MANAGER))
        account = uow.add(Account(name="Globex", name_key="globex"))
        jane = uow.add(Contact(name="Jane Doe", name_key="jane doe", email="jane@globex.test", account_id=account.id))
        uow.add(
            Order(
                number="ORD-10423",
                account_id=account.id,
                contact_id=jane.id,
                status=OrderStatus.SHIPPED,
                placed_at=_START,
                currency="USD",
                total=Decimal("120.00"),
            )
        )
        uow.commit()
    return store


def _user(handle: str, name: str, role: Role) -> User:
    return User(handle=handle, name=name, name_key=name.lower(), email=f"{handle}@rapport.test", role=role)


class WorkingGateway(Gateway, Protocol):
    """A service with the work it does beside receiving."""

    async def work(self) -> None:
        """Answer and deliver until cancelled."""
        ...


G = TypeVar("G", bound=WorkingGateway)


class ServedChat(Generic[G]):
    """A running web chat. ``stop`` and ``start`` again serve the same service at the same address."""

    def __init__(
        self, gateway: G, *, demo: bool = True, mailer: Mailer | None = None, allowed_origins: tuple[str, ...] = ()
    ) -> None:
        self._listener = _listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = WebSettings(base_url=self.url, secret_key=SECRET, demo=demo, allowed_origins=allowed_origins)
        self.gateway = gateway
        self._mailer = mailer
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def start(self) -> None:
        if self._listener.fileno() < 0:
            self._listener = _listen(self.port)
        # The listening socket is open already: whoever connects from now on waits until the server accepts.
        server = create_server(
            create_app(self.gateway, self.settings, mailer=self._mailer), host="127.0.0.1", port=self.port
        )
        self._server = server
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._listener.close()
            self._thread = None
            if self._failure is not None:
                raise self._failure

    def call(self, action: Callable[[], None]) -> None:
        """Do something in the server's event loop."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(action)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        worker = asyncio.create_task(self.gateway.work())
        await self._server.serve(sockets=[self._listener])
        worker.cancel()
        (result,) = await asyncio.gather(worker, return_exceptions=True)
        self._failure = None if isinstance(result, asyncio.CancelledError) else result

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener
