"""What machines ask: a supervisor and a proxy whether this process works, Prometheus for its figures."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import health, metrics

# A proxy adds one of these; who comes through it is not on this machine, whatever the connection's address says.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")


@require_safe
@never_cache
async def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: 200 while the database answers, else 503. With ?ready=1: 200 while new visitors may be sent here."""
    found = await health.examine()
    well = found.ready if "ready" in request.GET else found.database == health.OK
    return JsonResponse(found.as_json(), status=200 if well else 503)


@require_safe
@never_cache
async def figures(request: HttpRequest) -> HttpResponse:
    """This process's figures, for programs on this machine and for whoever has the token; else 404."""
    if not (_from_here(request) or _has_token(request)):
        return HttpResponse(status=404)
    return HttpResponse(metrics.page(), content_type=metrics.CONTENT_TYPE)


def _from_here(request: HttpRequest) -> bool:
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and constant_time_compare(token.strip(), wanted)
