"""Headers that every page of ours carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chat.views_machine import figures, healthz

NO_STORE = "private, no-store"
# A page that says the same to everybody: the reader's browser may keep it, and asks each time whether it still holds.
ASK_AGAIN = "private, no-cache"
MACHINE_PAGES = {"/healthz": healthz, "/metrics": figures}
HEADERS = {
    # Nothing here needs a sensor, a camera or a payment.
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PrivatePages:
    """Everything behind this middleware belongs to one person: no browser and no proxy may keep it.

    Static files are answered before it (WhiteNoise) and may be kept; a view that sets ASK_AGAIN says that its
    page may be, too.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self._asynchronous = iscoroutinefunction(get_response)
        if self._asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._asynchronous:
            return self._later(request)
        response = self.get_response(request)
        return _marked(response)  # type: ignore[arg-type]

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        return _marked(await self.get_response(request))  # type: ignore[misc]


class MachinePages:
    """/healthz and /metrics, for programs that ask this process by its address rather than by the site's name.

    So they are answered before the middleware that looks at the Host header, at cookies and at the language.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self._asynchronous = iscoroutinefunction(get_response)
        if self._asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        view = MACHINE_PAGES.get(request.path_info)
        if view is None:
            return self.get_response(request)
        return view(request) if self._asynchronous else async_to_sync(view)(request)


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    said = response.get("Cache-Control", "")
    if said != ASK_AGAIN and "no-store" not in said:
        response["Cache-Control"] = NO_STORE
    for name, value in HEADERS.items():
        response.setdefault(name, value)
    return response
