"""The conversation and what is known about it. Fields, constraints and slim properties only.

Rows are written in actions.py and journal.py alone.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from chat.enums import FeedbackReasonCode, FeedbackValue, Language, Role, Side, Status


class Conversation(models.Model):
    """A tree of messages that belongs to one account or to one visitor, never to both."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, verbose_name=_("account")
    )
    visitor = models.CharField(_("visitor"), max_length=64, blank=True, default="")
    title = models.CharField(_("title"), max_length=120, blank=True, default="")
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.ENGLISH)
    # Without one: the default assistant, whichever that is. The engine is what staff have chosen instead of its own.
    assistant = models.ForeignKey(
        "assistants.Assistant",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("assistant"),
    )
    engine = models.CharField(_("engine"), max_length=64, blank=True, default="")
    active_leaf = models.ForeignKey("Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last message"), auto_now_add=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-updated_at", "-id"]
        permissions = [
            ("read_transcripts", _("Can read transcripts")),
            ("read_personal_data", _("Can see personal data in transcripts for a reason")),
        ]
        constraints = [
            models.CheckConstraint(
                name="conversation_owner_xor_visitor",
                condition=Q(owner__isnull=True) & ~Q(visitor="") | Q(owner__isnull=False) & Q(visitor=""),
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="conversation_by_owner"),
            models.Index(fields=["visitor", "-updated_at"], name="conversation_by_visitor"),
            models.Index(fields=["-updated_at", "-id"], name="conversation_by_time"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.public_id)


class Process(models.Model):
    """A server process, as the others see it; see chat/processes.py. Times by the database's clock.

    `draining`: it is about to end and takes no new work. `left`: its running replies are for others to go on with.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("process"), max_length=120)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    heartbeat_at = models.DateTimeField(_("last heartbeat"), db_default=Now())
    draining = models.BooleanField(_("about to end"), default=False)
    left = models.BooleanField(_("has handed on its answers"), default=False)

    class Meta:
        verbose_name = _("server process")
        verbose_name_plural = _("server processes")

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One turn. An edit or a regeneration makes a sibling under the same parent; nothing is overwritten.

    `seq` counts the stored pieces of a reply: a delta with seq k follows k-1 others. `side` is for replies that are
    compared: those on the sides A and B may be written together, and nothing may be written beside any other.
    `process` is the one that writes the reply while it runs.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    content = models.TextField(_("text"), blank=True, default="")
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.COMPLETE)
    side = models.PositiveSmallIntegerField(_("side"), choices=Side, default=Side.ALONE)
    client_id = models.CharField(max_length=64, blank=True, default="")
    seq = models.PositiveIntegerField(default=0)
    process = models.ForeignKey(
        Process, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"], condition=~Q(client_id=""), name="message_once_per_client_id"
            ),
            # Two constraints that each leave one side out: A and B exclude everything but each other.
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(status=Status.STREAMING) & ~Q(side=Side.B),
                name="one_streaming_reply",
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(status=Status.STREAMING) & ~Q(side=Side.A),
                name="one_streaming_reply_beside",
            ),
            models.UniqueConstraint(fields=["parent", "side"], condition=Q(side__gt=Side.ALONE), name="one_per_side"),
        ]
        indexes = [
            models.Index(fields=["conversation", "parent"], name="message_siblings"),
            models.Index(fields=["status"], condition=Q(status=Status.STREAMING), name="message_streaming"),
            models.Index(fields=["process"], condition=Q(process__isnull=False), name="message_by_process"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.public_id}"


class Generation(models.Model):
    """How a reply came to be. Times in milliseconds; log probabilities natural, of the raw distribution."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="generation")
    backend = models.CharField(_("backend"), max_length=64)
    assistant = models.CharField(_("assistant"), max_length=40, blank=True, default="")
    # What the answer was asked to be a result of, as it was then; empty for an answer in words.
    result_fields = models.JSONField(_("fields of the result"), default=list, blank=True)
    checkpoint = models.CharField(_("checkpoint"), max_length=200, blank=True, default="")
    checkpoint_sha256 = models.CharField(_("checkpoint hash"), max_length=64, blank=True, default="")
    sampling = models.JSONField(_("sampling"), default=dict)
    seed = models.BigIntegerField(_("seed"), null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(_("completion tokens"), null=True, blank=True)
    truncated_tokens = models.PositiveIntegerField(_("tokens left out"), null=True, blank=True)
    queue_ms = models.FloatField(_("time in the queue (ms)"), null=True, blank=True)
    first_token_ms = models.FloatField(_("time to first token (ms)"), null=True, blank=True)
    total_ms = models.FloatField(_("total time (ms)"), null=True, blank=True)
    cpu_ms = models.FloatField(_("processor time (ms)"), null=True, blank=True)
    finish_reason = models.CharField(_("finish reason"), max_length=16, blank=True, default="")
    mean_logprob = models.FloatField(_("mean log probability"), null=True, blank=True)
    min_logprob = models.FloatField(_("minimum log probability"), null=True, blank=True)
    sources = models.JSONField(_("sources"), default=list)
    answered_by = models.CharField(_("answered by"), max_length=64, blank=True, default="")
    reason = models.CharField(_("why this one"), max_length=64, blank=True, default="")
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    abstained = models.BooleanField(_("said that it does not know"), default=False)
    explanation = models.JSONField(_("explanation"), default=dict, blank=True)
    error_class = models.CharField(_("error"), max_length=64, blank=True, default="")
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("generation record")
        verbose_name_plural = _("generation records")
        indexes = [
            models.Index(fields=["backend", "created_at"], name="generation_by_backend"),
            models.Index(fields=["checkpoint", "created_at"], name="generation_by_checkpoint"),
            models.Index(fields=["answered_by", "created_at"], name="generation_by_answerer"),
            models.Index(fields=["assistant", "created_at"], name="generation_by_assistant"),
            models.Index(fields=["created_at"], condition=Q(abstained=True), name="generation_abstained"),
            models.Index(fields=["created_at"], condition=~Q(error_class=""), name="generation_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.backend} {self.finish_reason}".strip()


class Feedback(models.Model):
    """What one person thinks of one reply. `actor` is "user:<pk>" or "visitor:<id>"."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="feedback")
    actor = models.CharField(_("person"), max_length=80)
    value = models.SmallIntegerField(_("rating"), choices=FeedbackValue)
    comment = models.TextField(_("comment"), blank=True, default="", max_length=2000)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.UniqueConstraint(fields=["message", "actor"], name="feedback_once_per_person"),
            models.CheckConstraint(condition=Q(value__in=[1, -1]), name="feedback_value_is_good_or_bad"),
        ]
        indexes = [models.Index(fields=["value", "created_at"], name="feedback_by_value")]

    def __str__(self) -> str:
        return str(FeedbackValue(self.value).label)


class FeedbackReason(models.Model):
    """A ticked reason; a row each, so that lists can filter by it on every database."""

    feedback = models.ForeignKey(Feedback, on_delete=models.CASCADE, related_name="reasons")
    code = models.CharField(_("reason"), max_length=16, choices=FeedbackReasonCode)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feedback", "code"], name="reason_once_per_feedback")]
        indexes = [models.Index(fields=["code"], name="feedback_reason_by_code")]

    def __str__(self) -> str:
        return str(FeedbackReasonCode(self.code).label)


class TranscriptRead(models.Model):
    """Which member of staff read, or exported, which conversation, and when."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    kind = models.CharField(
        _("how"), max_length=8, choices=[("read", _("read")), ("export", _("exported"))], default="read"
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("transcript access")
        verbose_name_plural = _("transcript accesses")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class PersonalDataRead(models.Model):
    """Which member of staff had the personal data of a conversation shown, why, and until when."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="personal_data_reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("time"), auto_now_add=True)
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("accesses to personal data")
        ordering = ["-id"]
        indexes = [models.Index(fields=["reader", "conversation", "until"], name="personal_data_open")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
