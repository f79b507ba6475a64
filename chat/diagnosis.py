"""Looks at the parts of an installation, each on its own, so that one that is broken hides no other."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import inference
from chat.answerers import engine_name
from chat.checks import missing_languages
from chat.findings import Finding, fail, ok, warn
from chat.knowledge.models import Article
from inference import BackendState, InferenceError, diagnostics, retrieval
from inference.knowledge import current
from inference.retrieval.meaning import available
from inference.types import Status

MODEL_TIMEOUT_S = 300.0
ANSWER_TIMEOUT_S = 60.0
SLOW_WRITE_MS = 100
DISK_WARN_MB, DISK_FAIL_MB = 1000, 100
MEMORY_WARN_MB = 800

Show = Callable[[Status], None]
POLICIES = {
    "rules_when_sure": gettext_lazy("the rules when they are sure, else the language model"),
    "rules": gettext_lazy("the rules, but for topics that an editor gave to the language model"),
    "model": gettext_lazy("the language model, but for topics that an editor gave to the rules"),
}


def safely(name: str, look: Callable[..., Finding], *arguments: Any) -> Finding:
    """The finding; a part that cannot even be looked at is one that does not work."""
    try:
        return look(*arguments)
    except Exception as error:
        detail = _("This could not be looked at (%(error)s).") % {"error": type(error).__name__}
        return fail(name, detail, _("Look at the lines above, then into the log."))


def configuration() -> Finding:
    """The system checks, those of Django among them."""
    found = [message for message in checks.run_checks() if not message.is_silenced()]
    if not found:
        return ok("configuration", _("The settings fit together."))
    worst = max(found, key=lambda message: message.level)
    make = fail if worst.is_serious() else warn
    return make("configuration", str(worst.msg), str(worst.hint or ""), ids=[message.id for message in found])


def libraries() -> Finding:
    """PyTorch and transformers."""
    try:
        facts = diagnostics.libraries()
    except ImportError as error:
        detail = _("PyTorch or transformers cannot be loaded: %(reason)s") % {"reason": error}
        return fail("torch", detail, _("Install the project again: pip install -e ."))
    sentence = _("PyTorch %(torch)s and transformers %(transformers)s, %(threads)d threads.")
    return ok("torch", sentence % facts, **facts)


def engine() -> Finding:
    """Who answers: the engine that the site asks, how it chooses, and who stands in for it."""
    name = inference.backend_names()[0]
    told = inference.get_backend().describe()
    policy = told.get("policy", "")
    first, *others = told.get("backends") or [name]
    values = {"engine": POLICIES.get(policy) or engine_name(first), "others": ", ".join(map(engine_name, others))}
    sentence = _("Answers come from: %(engine)s.")
    if others:
        sentence = _("Answers come from: %(engine)s; when that is down, from: %(others)s.")
    return ok("engine", sentence % values, engine=name, policy=policy, fallback=others)


def knowledge() -> Finding:
    """The published articles that answers may come from, and how they are found."""
    base = asyncio.run(current())
    languages = Counter(document.language for document in base.documents)
    meaning = retrieval.options().meaning == "auto" and available()
    facts = {"version": base.version, "articles": dict(languages), "meaning": meaning}
    if not languages:
        remedy = _("Publish articles in the admin, or run: python manage.py load_knowledge")
        return warn("knowledge", _("There is no published article to answer from."), remedy, **facts)
    counts = ", ".join(f"{language} {count}" for language, count in sorted(languages.items()))
    values = {"counts": counts, "version": base.version}
    if meaning:
        sentence = _("Published articles: %(counts)s (version %(version)s), found by words and by meaning.")
    else:
        sentence = _("Published articles: %(counts)s (version %(version)s), found by words alone.")
    return ok("knowledge", sentence % values, **facts)


def model(show: Show) -> Finding:
    """The configured backend: loaded as the site loads it."""
    try:
        backend = inference.get_backend()
        status = diagnostics.start_and_wait(backend, MODEL_TIMEOUT_S, show)
    except InferenceError as error:
        return fail("model", str(error), _("Check DUOLOGUE_CHECKPOINT and DUOLOGUE_DEVICE."))
    if status.state is not BackendState.READY:
        reason = status.detail or _("The model did not become ready.")
        return fail("model", reason, _("Check DUOLOGUE_CHECKPOINT and DUOLOGUE_DEVICE."), state=str(status.state))
    facts = backend.describe()
    if "url" in facts:
        return ok("model", _("Another server answers: %(model)s at %(url)s.") % facts, **facts)
    if "checkpoint" not in facts:
        return ok("model", _("This engine needs no model and is ready."), **facts)
    names = ("checkpoint", "device", "precision", "checkpoint_sha256")
    sentence = _("Checkpoint %(checkpoint)s on %(device)s (%(precision)s), SHA-256 %(checkpoint_sha256)s.")
    return ok("model", sentence % {name: facts.get(name, "-") for name in names}, **facts)


def answer() -> Finding:
    """One short question to the model."""
    remedy = _("Look at the line about the model, then into the log.")
    try:
        probe = asyncio.run(asyncio.wait_for(diagnostics.ask(), ANSWER_TIMEOUT_S))
    except (InferenceError, TimeoutError) as error:
        return fail("answer", _("The model gave no answer (%(error)s).") % {"error": type(error).__name__}, remedy)
    if probe.error is not None or probe.first_ms is None:
        error_name = type(probe.error).__name__ if probe.error else _("no words")
        return fail("answer", _("The model gave no answer (%(error)s).") % {"error": error_name}, remedy)
    sentence = _("The first word came after %(first).0f ms, the last after %(total).0f ms.")
    values = {"first": probe.first_ms, "total": probe.total_ms}
    return ok("answer", sentence % values, first_ms=probe.first_ms, total_ms=probe.total_ms)


def database() -> Finding:
    """The tables, and how long a committed write takes."""
    facts: dict[str, Any] = {"vendor": connection.vendor, "name": str(connection.settings_dict["NAME"])}
    try:
        executor = MigrationExecutor(connection)
        facts["missing_migrations"] = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if facts["missing_migrations"]:
            detail = _("The database lacks %(missing_migrations)d migrations.") % facts
            return warn("database", detail, _("Run: python manage.py migrate (serve does it by itself)"), **facts)
        facts["write_ms"] = _write_ms()
        facts["articles"] = Article.objects.count()
    except DatabaseError as error:
        detail = _("The database cannot be used: %(reason)s") % {"reason": error}
        return fail("database", detail, _("Check DATABASE_URL, the folder's permissions and the disk."), **facts)
    sentence = _("%(vendor)s; a write is stored after %(write_ms).1f ms; %(articles)d articles.") % facts
    if facts["write_ms"] > SLOW_WRITE_MS:
        return warn("database", sentence, _("Writes are slow: put the database on a local disk."), **facts)
    return ok("database", sentence, **facts)


def channel_layer() -> Finding:
    """A message through the layer and back."""
    backend = str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).rpartition(".")[2]
    try:
        passed_ms = asyncio.run(asyncio.wait_for(_layer_round_trip(), 10))
    except Exception as error:
        detail = _("A message through the channel layer did not come back (%(error)s).")
        remedy = _("Check CHANNEL_LAYERS and the service that it names.")
        return fail("channel_layer", detail % {"error": type(error).__name__}, remedy, backend=backend)
    sentence = _("A message through %(backend)s came back after %(passed).1f ms.")
    return ok("channel_layer", sentence % {"backend": backend, "passed": passed_ms}, backend=backend, ms=passed_ms)


def translations() -> Finding:
    """The compiled texts of each language."""
    missing = missing_languages()
    if missing:
        detail = _("Not compiled: %(languages)s.") % {"languages": ", ".join(missing)}
        return warn("translations", detail, _("Run: python manage.py compilemessages"), missing=missing)
    names = ", ".join(str(name) for _code, name in settings.LANGUAGES)
    return ok("translations", _("Compiled: %(languages)s.") % {"languages": names})


def disk() -> Finding:
    """Room for the database and its log."""
    free_mb = shutil.disk_usage(settings.DATA_DIR).free / 2**20
    sentence = _("%(free).1f GB free for %(folder)s.") % {"free": free_mb / 1024, "folder": settings.DATA_DIR}
    remedy = _("Make room: answers are stored before they are shown, so a full disk stops them.")
    if free_mb < DISK_WARN_MB:
        return (fail if free_mb < DISK_FAIL_MB else warn)("disk", sentence, remedy, free_mb=round(free_mb))
    return ok("disk", sentence, free_mb=round(free_mb))


def memory() -> Finding:
    """Memory that a process can still get, where the system tells."""
    free_mb = _free_memory_mb()
    if free_mb is None:
        return ok("memory", _("This system does not tell how much memory is free."))
    sentence = _("%(free).1f GB of memory free.") % {"free": free_mb / 1024}
    if free_mb < MEMORY_WARN_MB:
        remedy = _("The site with its own model needs about 500 MB: end other programs, or add memory.")
        return warn("memory", sentence, remedy, free_mb=round(free_mb))
    return ok("memory", sentence, free_mb=round(free_mb))


def _write_ms() -> float:
    """A write that changes nothing, up to its commit."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = name WHERE id = (SELECT MIN(id) FROM django_migrations)")
    return (time.perf_counter() - began) * 1000


async def _layer_round_trip() -> float:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    began = time.perf_counter()
    await layer.send(channel, {"type": "doctor.hello"})
    await layer.receive(channel)
    return (time.perf_counter() - began) * 1000


def _free_memory_mb() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) / 1024 if found else None
