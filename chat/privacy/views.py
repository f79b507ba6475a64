"""A person's own data: a page that says what there is, a download, and a deletion that is final."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import access, events, limits, replies
from chat.http import address_of_request, download, private_json
from chat.offloop import off_loop
from chat.privacy import own_data
from chat.privacy.actions import Erased, erase_own


@require_safe
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """What is stored of this account or this browser, and what can be done with it."""
    done = request.GET.get("done", "")
    context = {
        "count": own_data.count(access.actor_of_request(request)),
        "done": done in ("deleted", "unsure") and done,
    }
    return render(request, "privacy/own.html", context)


@require_safe
@private_json
def export(request: HttpRequest) -> HttpResponseBase:
    """All of it as a file."""
    actor = access.actor_of_request(request)
    limits.check_rates("export", {"rate_address": address_of_request(request)})
    return download(request, own_data.pieces(actor), f"duologue-{timezone.now():%Y%m%d}.json", "application/json")


@require_POST
@never_cache
async def delete(request: HttpRequest) -> HttpResponse:
    """Delete all of it, if the box is ticked; running replies end, and other tabs are told."""
    page = reverse("privacy:own")
    if request.POST.get("sure") != "yes":
        return HttpResponseRedirect(f"{page}?done=unsure")
    erased = await off_loop(_erase, request)
    for pk in erased.running:
        replies.let_go(pk)
    for conversation in erased.conversations:
        await events.publish(conversation, events.GONE)
    return HttpResponseRedirect(f"{page}?done=deleted")


def _erase(request: HttpRequest) -> Erased:
    return erase_own(access.actor_of_request(request))
