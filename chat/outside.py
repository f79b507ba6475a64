"""A deployment as its visitors meet it: through the name, TLS and the proxy. For `manage.py doctor --url`.

Each look stands for itself, like those of diagnosis.py. One of them makes a conversation, asks a question, and
deletes the conversation again.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils.translation import gettext as _

from chat.findings import Finding, fail, ok, warn
from chat.outside_line import Line

QUESTION = "How long does it take until a new card arrives, and what can I do when it does not come?"
FOREIGN = "https://another-site.invalid"
CERTIFICATE_DAYS, CLOCK_S, YEAR_S = 14, 5, 31_536_000
# An answer is held back when this many pieces, or nearly all, came within a moment at the end of a real wait.
MOMENT_S, TOGETHER, NEARLY_ALL, JUDGED_FROM_S, JUDGED_PIECES = 0.005, 8, 0.8, 0.3, 4
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
_FILE = re.compile(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"')
FINAL = ("complete", "stopped", "failed", "interrupted")


def look(url: str, key: str = "") -> Iterator[Finding]:
    """All looks at the site at this address, one after the other; the API only with a key."""
    line = Line(url.rstrip("/"))
    if line.secure:
        yield safely("certificate", certificate, line)
    for name, part in _PARTS.items():
        yield safely(name, part, line)
    if key:
        yield safely("api", api, line, key)


def safely(name: str, part: Callable[..., Finding], *arguments: Any) -> Finding:
    """The finding; a part that cannot be reached is one that does not work."""
    try:
        return part(*arguments)
    except (OSError, ValueError, LookupError) as error:
        detail = _("This could not be reached (%(error)s).") % {"error": _reason(error)}
        remedy = _("Look at the proxy's configuration and log, and whether the site's processes run.")
        return fail(name, detail, remedy)


def certificate(line: Line) -> Finding:
    """Whether browsers believe the certificate, and for how long. Goes on unbelieving when they do not."""
    remedy = _("Renew the certificate, and have the proxy load it with its whole chain.")
    try:
        ends = line.certificate_ends()
    except ssl.SSLCertVerificationError as error:
        line.context = ssl._create_unverified_context()  # noqa: S323 - to look at the rest all the same
        detail = _("Browsers do not accept the certificate: %(reason)s.") % {"reason": error.verify_message}
        return fail("certificate", detail, remedy)
    days = int((ends - time.time()) // 86_400)
    sentence = _("The certificate is valid for another %(days)d days.") % {"days": days}
    if days < CERTIFICATE_DAYS:
        return warn("certificate", sentence, remedy, days=days)
    return ok("certificate", sentence, days=days)


def page(line: Line) -> Finding:
    """The first page."""
    answer = line.get("/?new=1")
    facts = {"status": answer.status, "ms": round(answer.ms)}
    if answer.status == 200 and _TOKEN.search(answer.text):
        return ok("page", _("The page answered after %(ms)d ms.") % facts, **facts)
    remedies = {
        301: _(
            "The site believes it is asked without TLS: "
            "set DJANGO_TRUSTED_PROXY, and have the proxy set X-Forwarded-Proto."
        ),
        400: _("Put the name into DJANGO_ALLOWED_HOSTS, and have the proxy pass the Host header on."),
        502: _("The proxy reaches no process: look at the ports of its upstream, and whether the site runs."),
    }
    detail = _("The page did not answer well (%(status)d).") % facts
    return fail(
        "page", detail, remedies.get(answer.status, _("Look into the logs of the proxy and of the site.")), **facts
    )


def headers(line: Line) -> Finding:
    """What the page's headers promise, and its cookies."""
    answer = line.get("/?new=1")
    found = {
        "Content-Security-Policy": "'unsafe-inline'"
        not in answer.headers.get("content-security-policy", "'unsafe-inline'"),
        "X-Content-Type-Options": answer.headers.get("x-content-type-options") == "nosniff",
        "Cache-Control": "no-store" in answer.headers.get("cache-control", ""),
    }
    if line.secure:
        found["Strict-Transport-Security"] = _max_age(answer.headers.get("strict-transport-security", "")) >= YEAR_S
        found["Set-Cookie; Secure"] = all("secure" in cookie.lower() for cookie in answer.cookies)
    missing = [name for name, there in found.items() if not there]
    if missing:
        detail = _("Headers of the page are missing or weak: %(names)s.") % {"names": ", ".join(missing)}
        remedy = _("Set DJANGO_HTTPS, and let the proxy pass the site's headers on unchanged.")
        return fail("headers", detail, remedy, missing=missing)
    if not line.secure:
        remedy = _("Put a proxy with TLS before it: without, everybody on the way reads along.")
        return warn("headers", _("The page's headers are right, but there is no TLS."), remedy)
    return ok("headers", _("The page's headers and cookies are those of a site with TLS."))


def static(line: Line) -> Finding:
    """The page's files, and whether browsers may keep them."""
    paths = sorted(set(_FILE.findall(line.get("/?new=1").text)))
    answers = {path: line.get(path) for path in paths}
    broken = [
        path
        for path, answer in answers.items()
        if answer.status != 200 or "html" in answer.headers.get("content-type", "")
    ]
    if broken or not paths:
        detail = _("Files of the page are missing: %(files)s.") % {"files": ", ".join(broken) or "static/"}
        remedy = _("Run: python manage.py collectstatic, and look at the folder that the proxy serves them from.")
        return fail("static", detail, remedy, missing=broken)
    if not all(_max_age(answer.headers.get("cache-control", "")) for answer in answers.values()):
        detail = _("The page's files carry no time for which browsers may keep them.")
        return warn("static", detail, _("Have the proxy set Cache-Control for /static/, as deploy/nginx.conf does."))
    return ok(
        "static", _("All %(count)d files of the page are there, and browsers may keep them.") % {"count": len(paths)}
    )


def health(line: Line) -> Finding:
    """What the site says of itself."""
    answer = line.get("/healthz?ready=1")
    facts = json.loads(answer.text)
    parts = ", ".join(f"{name} {value}" for name, value in facts.items() if name not in ("alive", "ready"))
    if answer.status == 200 and facts["ready"]:
        return ok("health", _("The site says that it is ready: %(parts)s.") % {"parts": parts}, **facts)
    remedy = _("Run doctor without --url on the machine of the site.")
    return fail("health", _("The site says that it is not ready: %(parts)s.") % {"parts": parts}, remedy, **facts)


def closed(line: Line) -> Finding:
    """What must not be seen from here."""
    status = line.get("/metrics").status
    if status == 404:
        return ok("closed", _("/metrics is not shown to visitors."), status=status)
    remedy = _("Have the proxy answer 404 for /metrics and set X-Forwarded-For, as deploy/nginx.conf does.")
    return fail(
        "closed", _("/metrics is answered with %(status)d instead of 404.") % {"status": status}, remedy, status=status
    )


def websocket(line: Line) -> Finding:
    """A socket from our own page opens, and one from another site does not."""
    path = f"/ws/c/{uuid.uuid4()}/"
    own, foreign = _handshake(line, path, line.origin), _handshake(line, path, FOREIGN)
    facts = {"own": own, "foreign": foreign}
    if own == "403":
        remedy = _("Have the proxy pass Host and X-Forwarded-Proto on, or put the address into DJANGO_TRUSTED_ORIGINS.")
        return fail("websocket", _("A WebSocket of our own page is refused as foreign."), remedy, **facts)
    if own != "101":
        detail = _("A WebSocket does not come through (%(status)s); pages fall back to asking every second.") % {
            "status": own
        }
        remedy = _(
            "Have the proxy use HTTP/1.1 and pass Upgrade and Connection on for /ws/, as deploy/nginx.conf does."
        )
        return fail("websocket", detail, remedy, **facts)
    if foreign != "403":
        detail = _("A WebSocket from another site was let in.")
        return fail("websocket", detail, _("Check DJANGO_TRUSTED_ORIGINS."), **facts)
    return ok("websocket", _("A WebSocket comes through, and one from another site is refused."), **facts)


def answer(line: Line) -> Finding:
    """A question over the WebSocket: its answer's pieces must come one by one."""
    conversation, headers = _converse(line)
    asked = time.monotonic()
    try:
        with contextlib.closing(line.open(f"/ws/c/{conversation}/", line.origin)) as socket:
            socket.send({"type": "message.send", "client_id": str(uuid.uuid4()), "text": QUESTION})
            arrivals, status = _follow(socket)
    finally:
        line.post(f"/c/{conversation}/delete/", {}, **headers)
    if status != "complete":
        detail = _("A question got no whole answer (%(status)s).") % {"status": status}
        return fail("answer", detail, _("Run doctor without --url on the machine of the site."), status=status)
    return _judged("answer", asked, arrivals)


def api(line: Line, key: str) -> Finding:
    """A streamed completion of /v1: its pieces must come one by one."""
    if line.secure and line.context.verify_mode is ssl.CERT_NONE:
        return fail(
            "api",
            _("The key is not sent over a line whose certificate is not accepted."),
            _("Look at the line about the certificate."),
        )
    authorization = {"Authorization": f"Bearer {key}"}
    listed = line.get("/v1/models", **authorization)
    if listed.status != 200:
        detail = _("/v1/models answered %(status)d.") % {"status": listed.status}
        return fail(
            "api", detail, _("Check the key, and that the proxy passes Authorization on."), status=listed.status
        )
    names = [str(model["id"]) for model in json.loads(listed.text)["data"]]
    body = {
        "model": _talker(names),
        "messages": [{"role": "user", "content": QUESTION}],
        "stream": True,
        "max_tokens": 64,
    }
    asked = time.monotonic()
    arrivals = [
        at
        for at, piece in line.stream("/v1/chat/completions", body, authorization)
        for _event in range(piece.count(b"data:"))
    ]
    return _judged("api", asked, arrivals)


def clock(line: Line) -> Finding:
    """How far this machine's clock and the site's are apart."""
    said = parsedate_to_datetime(line.get("/healthz").headers["date"]).timestamp()
    seconds = abs(round(time.time() - said))
    sentence = _("The site's clock and this machine's are %(seconds)d seconds apart.") % {"seconds": seconds}
    if seconds > CLOCK_S:
        return warn(
            "clock",
            sentence,
            _("Keep both right by NTP: sessions, certificates and logs depend on it."),
            seconds=seconds,
        )
    return ok("clock", sentence, seconds=seconds)


def held_back(asked: float, arrivals: Sequence[float]) -> bool | None:
    """Whether pieces that must have been made over time came all at once; None where there is too little to tell."""
    if len(arrivals) < JUDGED_PIECES or arrivals[-1] - asked < JUDGED_FROM_S:
        return None
    together = max(sum(0 <= other - at <= MOMENT_S for other in arrivals) for at in arrivals)
    return together >= TOGETHER or together >= NEARLY_ALL * len(arrivals)


def _judged(name: str, asked: float, arrivals: list[float]) -> Finding:
    held = held_back(asked, arrivals)
    whole_s = round(arrivals[-1] - asked, 1) if arrivals else 0.0
    facts = {"pieces": len(arrivals), "seconds": whole_s}
    if held is None:
        sentence = _(
            "The answer came, but was too short or too quick to tell whether the proxy "
            "holds pieces back (%(pieces)d in %(seconds).1f s)."
        )
        return ok(name, sentence % facts, **facts)
    if held:
        detail = _(
            "The answer's %(pieces)d pieces came in bunches after %(seconds).1f s: "
            "something on the way holds them back."
        )
        remedy = _("Turn buffering and compression off in the proxy for /ws/ and /v1/, as deploy/nginx.conf does.")
        return fail(name, detail % facts, remedy, **facts)
    return ok(name, _("The answer came in %(pieces)d pieces over %(seconds).1f s, one by one.") % facts, **facts)


def _converse(line: Line) -> tuple[str, dict[str, str]]:
    """A new conversation, as a visitor's page makes it: its id, and the headers for what is done to it."""
    found = _TOKEN.search(line.get("/?new=1").text)
    headers = {"X_CSRFToken": found.group(1) if found else ""}
    made = line.post("/c/", {}, **headers)
    if made.status != 201:
        raise ConnectionError(str(made.status))
    return json.loads(made.text)["id"], headers


def _follow(socket: Any) -> tuple[list[float], str]:
    """When each piece of the answer came, and how it ended."""
    arrivals: list[float] = []
    while True:
        event = socket.receive()
        if isinstance(event, int):
            return arrivals, str(event)
        if event["type"] == "reply.delta":
            arrivals.append(time.monotonic())
        elif event["type"] == "reply.done":
            return arrivals, event["status"]
        elif event["type"] == "error":
            return arrivals, event["code"]


def _handshake(line: Line, path: str, origin: str) -> str:
    """ "101", or the status that refused it."""
    try:
        line.open(path, origin).close()
    except ConnectionError as error:
        return str(error)
    return "101"


def _talker(names: list[str]) -> str:
    """The engine that speaks for itself, word by word: a quoted text comes at once, from whichever proxy."""
    spoken = [name for name in names if name not in ("rules", "router", "gpt2")]
    return spoken[0] if spoken else names[0]


def _max_age(value: str) -> int:
    found = re.search(r"max-age=(\d+)", value)
    return int(found.group(1)) if found else 0


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else type(error).__name__


_PARTS: dict[str, Callable[[Line], Finding]] = {
    "page": page,
    "headers": headers,
    "static": static,
    "health": health,
    "closed": closed,
    "websocket": websocket,
    "answer": answer,
    "clock": clock,
}
