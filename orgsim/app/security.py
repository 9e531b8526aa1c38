"""Who may speak to the server: only pages of its own, from hosts it knows, with its token where it listens to others.

A page of another site can send requests to this machine, and a name of another site can be made to point at it; so
every request must name a host that is ours, and one that a page of another origin sends is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "orgsim_token"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")  # fmt: skip
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()", "cache-control": "no-store",
}  # fmt: skip
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Gate:
    """Which hosts a request may name, the port they are asked for on, and the token it must bring, if any."""

    hosts: frozenset[str]
    port: int
    token: str | None = field(default=None, repr=False)

    @property
    def cookie(self) -> str:
        """The cookie that holds the token; a host's servers share their cookies, so it has a name of its own."""
        return f"{COOKIE}_{self.port}"

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server."""
        try:
            found = urlsplit(f"//{header}")
            port = found.port or 80
        except ValueError:
            return False
        name = (found.hostname or "").rstrip(".")
        plain = found.username is None and not found.path and not found.query and not found.fragment
        return plain and port == self.port and name in self.hosts

    def knows_origin(self, origin: str) -> bool:
        """Whether an Origin header is a page of this server."""
        scheme, _, rest = origin.partition("://")
        return scheme == "http" and self.knows_host(rest)

    def lets_in(self, offered: str) -> bool:
        """Whether a token is the right one; compared in constant time."""
        return self.token is None or hmac.compare_digest(offered.encode("utf-8", "replace"), self.token.encode())


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine alone."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def hosts_of(address: str) -> frozenset[str]:
    """Names under which a server that listens there may be asked for."""
    import socket

    names = set(LOOPBACK)
    if not is_loopback(address):
        names.add(address.strip("[]"))
        if ipaddress_or_none(address) is None or ipaddress.ip_address(address).is_unspecified:
            own = socket.gethostname()
            names |= {own.lower(), socket.getfqdn().lower()}
            names |= _own_addresses(own)
    return frozenset(names)


def ipaddress_or_none(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, None where the text is a name."""
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _own_addresses(name: str) -> set[str]:
    import socket

    found = set(outward_addresses())
    with suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    return found


def outward_addresses() -> list[str]:
    """Addresses of this machine by which others may reach it: those it would use to go out."""
    import socket

    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Nothing is sent: this only asks which address would be used.
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as out:
            out.connect((far, 9))
            found.append(str(out.getsockname()[0]))
    return found


class Guard:
    """The gate before the app: refuses what it does not know, and puts its headers on every answer."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app, self.gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        status, words, headers = self._look(scope)
        if status == 101:
            await self.app(scope, receive, self._with_headers(send, headers) if scope["type"] == "http" else send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": words})
        else:
            await _say(self._with_headers(send), status, words, headers)

    def _look(self, scope: Scope) -> tuple[int, str, list[tuple[bytes, bytes]]]:
        """101 where the request may pass, with headers for its answer; else a status, words and headers."""
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts, origins = ([value for name, value in headers if name == wanted] for wanted in (b"host", b"origin"))
        if len(hosts) != 1 or not self.gate.knows_host(hosts[0]):
            return 421, "This server is not known by that name.", []
        websocket = scope["type"] == "websocket"
        method = scope.get("method", "GET")
        if len(origins) > 1 or (origins and not self.gate.knows_origin(origins[0])):
            return 403, "Requests of other sites are refused.", []
        if (websocket or method not in ("GET", "HEAD")) and not origins:
            return 403, "Only pages of this server may ask.", []
        site = next((value for name, value in headers if name == b"sec-fetch-site"), "same-origin")
        navigates = any(name == b"sec-fetch-mode" and value == "navigate" for name, value in headers)
        if site not in ("same-origin", "none") and not (navigates and method == "GET" and scope["path"] == "/"):
            return 403, "Requests of other sites are refused.", []
        if self.gate.token is None or any(map(self.gate.lets_in, _cookies(headers, self.gate.cookie))):
            return 101, "", []
        if websocket or method != "GET" or scope["path"] != "/":
            return 401, "The link with the token is needed.", []
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
        if not any(self.gate.lets_in(value) for name, value in query if name == "token"):
            return 401, "The link with the token is needed: it was printed where the app was started.", []
        # Lax, as a strict cookie is held back where a question's link is clicked in a mail; what a page of another site
        # asks for is refused by its origin. The page takes the token out of its address by itself.
        cookie = f"{self.gate.cookie}={self.gate.token}; Path=/; HttpOnly; SameSite=Lax"
        return 101, "", [(b"set-cookie", cookie.encode())]

    def _with_headers(self, send: Send, more: Sequence[tuple[bytes, bytes]] = ()) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in given]
                message["headers"] = [*message.get("headers", []), *own, *more]
            await send(message)

        return sending


def _cookies(headers: Iterable[tuple[bytes, str]], wanted: str) -> Iterator[str]:
    """Values of a cookie. Other servers of the host may have set any others, which a strict reader would stumble on."""
    for header, value in headers:
        for part in value.split(";") if header == b"cookie" else ():
            name, _, held = part.strip().partition("=")
            if name == wanted:
                yield held


async def _say(send: Any, status: int, words: str, headers: list[tuple[bytes, bytes]]) -> None:
    body = words.encode()
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *headers]})
    await send({"type": "http.response.body", "body": body})
