"""How the web chat is set up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_MIN_SECRET = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """``base_url`` is where browsers reach the page; sign-in links start with it.

    ``demo`` lets anybody be any of the demo people. ``secret_key`` signs the session cookies (32 characters or more).
    ``allowed_origins`` are further addresses of the same page ("https://chat.example.com"), and the sites that may
    show the widget.
    Raises ValueError for a short secret or an address that is not http(s).
    """

    base_url: str
    secret_key: str
    demo: bool = False
    allowed_origins: tuple[str, ...] = ()
    session_days: int = 30

    def __post_init__(self) -> None:
        if len(self.secret_key) < _MIN_SECRET:
            raise ValueError(f"the secret key needs at least {_MIN_SECRET} characters")
        for address in (self.base_url, *self.allowed_origins):
            parts = urlsplit(address)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"not an http or https address: {address!r}")

    @property
    def secure(self) -> bool:
        """The page is served over https, so cookies travel over https only."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def session_length(self) -> timedelta:
        """How long a sign-in lasts."""
        return timedelta(days=self.session_days)

    def origins(self) -> frozenset[str]:
        """Every origin the page may be opened from; a loopback address counts under all its names."""
        origins: set[str] = set()
        for address in (self.base_url, *self.allowed_origins):
            parts = urlsplit(address.lower())
            scheme, _, host_and_port = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".partition("://")
            port = f":{parts.port}" if parts.port else ""
            hosts = _LOOPBACK if host_and_port.removesuffix(port) in _LOOPBACK else (host_and_port.removesuffix(port),)
            shown_port = "" if parts.port == {"http": 80, "https": 443}[scheme] else port
            origins |= {f"{scheme}://{host}{shown_port}" for host in hosts}
        return frozenset(origins)

    def own_origins(self) -> frozenset[str]:
        """The origins of this server's own page alone."""
        return replace(self, allowed_origins=()).origins()

    def sites(self) -> tuple[str, ...]:
        """The sites that may show the widget in their pages, as origins."""
        sites = {urlsplit(address.lower()) for address in self.allowed_origins}
        return tuple(sorted(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" for parts in sites))

    def hosts(self) -> frozenset[str]:
        """What the Host header may say."""
        return frozenset(origin.partition("://")[2] for origin in self.origins())
