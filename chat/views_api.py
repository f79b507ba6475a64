"""The page's data: the list of conversations, what is done to one, and the fallback for a blocked WebSocket."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chat import access, actions, assisting, commands, dispatch, events, limits, queries, replies, serializers
from chat.access import Actor
from chat.commands import BadFrame, clean_text
from chat.dispatch import Asker, Outcome
from chat.enums import Status
from chat.errors import BadCommand, ChatError, TooLong
from chat.events import Event
from chat.http import address_of_request, events_response, json_body, private_json, raw_body
from chat.language import page_language
from chat.models import Conversation, Message
from chat.offloop import off_loop

TITLE_MAX_CHARS = 120
SEARCH_MAX_CHARS = 200


@require_POST
@private_json
def create(request: HttpRequest) -> HttpResponse:
    """Make a conversation, and a visitor's session if there is none."""
    actor = access.actor_of_request(request)
    names = {"rate_address": address_of_request(request)}
    limits.check_rates("create", {**names, "rate_visitor": str(actor)} if actor else names)
    wanted = _wanted(request)
    chosen = assisting.pick(actor, wanted["assistant"]), assisting.pick_engine(actor, wanted["engine"])
    made = actions.create_conversation(access.remember_visitor(request), page_language(), *chosen)
    return JsonResponse({"id": str(made.public_id), "url": _url(made)}, status=201)


@require_GET
@private_json
def conversation_list(request: HttpRequest) -> HttpResponse:
    """The actor's conversations, newest first; and the model's state, for a page that has no socket yet."""
    search = clean_text(request.GET.get("q", ""))[:SEARCH_MAX_CHARS].strip()
    found = queries.list_conversations(access.actor_of_request(request), search)
    rows = [_row(conversation) for conversation in found]
    return JsonResponse({"conversations": rows, "model": serializers.model_json()})


@require_POST
@private_json
async def command(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """A wire command as a JSON body: what a page without a WebSocket sends."""
    try:
        parsed = commands.parse_frame(raw_body(request))
        actor = await off_loop(access.actor_of_request, request)
        outcome = await dispatch.dispatch(Asker(actor, address_of_request(request)), conversation_id, parsed)
        return events_response(await off_loop(_shown, actor, conversation_id, outcome))
    except ChatError as error:
        return events_response([events.error(error)], status=error.status_code)


@require_GET
@private_json
def poll(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """What a page without a WebSocket has missed: `message` is the last one that it knows, `seq` how much of it."""
    actor = access.actor_of_request(request)
    conversation = access.get_conversation(actor, conversation_id)
    message = _known_message(request, conversation)
    if message is None:
        return events_response([dispatch.snapshot(actor, conversation_id)])
    return events_response(_news(message, _known_seq(request)))


@require_POST
@private_json
async def rename(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Give a conversation another title."""
    title = _title(json_body(request, "title")["title"])
    event = await off_loop(_rename, request, conversation_id, title)
    await events.publish(str(conversation_id), event)
    return JsonResponse({"ok": True})


@require_POST
@private_json
async def delete(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Hide a conversation; a running reply is stopped, other tabs are told."""
    for stopped in await off_loop(_delete, request, conversation_id):
        replies.let_go(stopped.pk)
    await events.publish(str(conversation_id), events.GONE)
    return JsonResponse({"ok": True})


@require_POST
@private_json
def restore(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Bring a deleted conversation back."""
    actor = access.actor_of_request(request)
    actions.restore(access.get_conversation(actor, conversation_id, or_deleted=True))
    return JsonResponse({"ok": True})


@require_POST
@private_json
def claim(request: HttpRequest) -> HttpResponse:
    """Take this browser's conversations along into the account."""
    count = actions.claim(access.visitor_of_request(request), access.actor_of_request(request))
    return JsonResponse({"ok": True, "count": count})


def _shown(actor: Actor, conversation_id: uuid.UUID, outcome: Outcome) -> list[Event]:
    if events.RESYNC in outcome.publish:
        return [dispatch.snapshot(actor, conversation_id)]
    return [events.localized(event) for event in outcome.publish + outcome.answer]


def _wanted(request: HttpRequest) -> dict[str, str]:
    """The assistant and the engine that the body asks for; both are empty in one that says nothing of them."""
    body = commands.parse_object(raw_body(request)) if request.content_type == "application/json" else {}
    if body.keys() - {"assistant", "engine"}:
        raise BadFrame()
    return {name: commands.parse_word(body.get(name, "")) for name in ("assistant", "engine")}


def _row(conversation: Conversation) -> dict[str, str]:
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "updated_at": conversation.updated_at.isoformat(),
        "url": _url(conversation),
    }


def _url(conversation: Conversation) -> str:
    return reverse("chat:conversation", args=[conversation.public_id])


def _title(value: object) -> str:
    title = " ".join(clean_text(value).split())
    if not title:
        raise BadCommand()
    if len(title) > TITLE_MAX_CHARS:
        raise TooLong()
    return title


def _rename(request: HttpRequest, conversation_id: uuid.UUID, title: str) -> Event:
    conversation = access.get_conversation(access.actor_of_request(request), conversation_id)
    return events.conversation_updated(actions.rename(conversation, title))


def _delete(request: HttpRequest, conversation_id: uuid.UUID) -> list[Message]:
    conversation = access.get_conversation(access.actor_of_request(request), conversation_id)
    return actions.delete(conversation)


def _known_message(request: HttpRequest, conversation: Conversation) -> Message | None:
    """The message that the page named, if it still is the end of what is shown; two answers are read as a whole."""
    if "message" not in request.GET:
        return None
    message = access.get_message(conversation, commands.parse_uuid(request.GET["message"]))
    return message if message.pk == conversation.active_leaf_id and not message.side else None


def _known_seq(request: HttpRequest) -> int:
    text = request.GET.get("seq", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadFrame()
    return int(text)


def _news(message: Message, seq: int) -> list[Event]:
    if message.status != Status.STREAMING:
        return [events.localized(events.done(queries.reply_for_run(message.pk)))]
    waiting = replies.waiting_event(str(message.public_id))
    if message.seq != seq:
        return [events.whole_text(message)]
    return [waiting] if waiting else []
