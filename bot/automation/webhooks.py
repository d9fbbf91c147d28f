"""Calling somebody else's server: signed, with a time limit, and never one inside our own network.

The signature is in ``X-Rapport-Signature``: "t=<Unix seconds>,v1=<hex>", where v1 is the HMAC-SHA-256 of
"<Unix seconds>.<body>" under RAPPORT_WEBHOOK_SECRET. ``X-Rapport-Delivery`` is the same at every attempt of one call,
so that the receiver can tell a repeat.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

TIMEOUT_SECONDS = 10
_TOO_MANY, _SERVER_ERROR, _REQUEST_TIMEOUT = 429, 500, 408


@dataclass(eq=False)
class CallFailed(Exception):
    """The call was not taken. ``permanent``: trying again would not help."""

    detail: str
    permanent: bool = False

    def __str__(self) -> str:
        return self.detail


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The signature header's value."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


async def call_webhook(
    url: str, body: dict[str, Any], *, delivery: str, secret: str, allowed_hosts: Collection[str], now: datetime
) -> None:
    """POST ``body`` as JSON; raises CallFailed unless the server answers with 2xx.

    ``allowed_hosts`` ("host" or "host:port") may be in a private network or without TLS. The name is resolved once and
    the connection goes to that very address, so that a name cannot point elsewhere after it was checked. Redirects are
    not followed.
    """
    if not secret:
        raise CallFailed("RAPPORT_WEBHOOK_SECRET is not set, so calls cannot be signed", permanent=True)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    trusted = bool({host, f"{host}:{port}"} & set(allowed_hosts))
    if parts.scheme != "https" and not trusted:
        raise CallFailed("only https is called", permanent=True)
    address = await _address(host, port, trusted=trusted)
    data = json.dumps(body, ensure_ascii=False).encode()
    at = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{at}:{port}").geturl()
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Rapport",
        "X-Rapport-Signature": sign(secret, data, now),
        "X-Rapport-Delivery": delivery,
    }
    try:
        # trust_env: a proxy from the environment would resolve the name again.
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = await asyncio.wait_for(
                client.post(target, content=data, headers=headers, extensions={"sni_hostname": host}), TIMEOUT_SECONDS
            )
    except (httpx.HTTPError, TimeoutError) as err:
        raise CallFailed(f"{host} did not answer: {type(err).__name__}") from err
    if not answer.is_success:
        again = answer.status_code >= _SERVER_ERROR or answer.status_code in {_TOO_MANY, _REQUEST_TIMEOUT}
        raise CallFailed(f"{host} answered {answer.status_code}", permanent=not again)


async def _address(host: str, port: int, *, trusted: bool) -> str:
    """The address to connect to; raises CallFailed when any the name stands for is not in the public network."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as err:
        raise CallFailed(f"{host} is not known") from err
    addresses = [str(each[4][0]) for each in found]
    if not trusted and not all(_is_public(address) for address in addresses):
        raise CallFailed(f"{host} is in a private network", permanent=True)
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
