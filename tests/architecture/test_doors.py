"""One door per side effect: who may write rows, send to groups, start threads, read the environment."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import Module, modules

ROOMS = ("api", "assistants", "knowledge", "privacy", "review")
WRITERS = {"chat/actions.py", "chat/journal.py", "chat/leases.py", *(f"chat/{room}/actions.py" for room in ROOMS)}
WRITERS |= {module.path for module in modules() if module.path.startswith("chat/review/actions/")}
WRITES = {
    *("save", "asave", "bulk_create", "abulk_create", "bulk_update", "abulk_update", "executemany", "set_password"),
    *("get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create", "create_user", "create_superuser"),
}
# The admin's search, behind a permission that covers every conversation.
STAFF = {"chat/admin/filters.py"}
# Words that dictionaries and files have too: writes only as the ORM calls them.
WITH_KEYWORDS = {"update", "aupdate", "create", "acreate"}
WITHOUT_ARGUMENTS = {"delete", "adelete"}


def _is_write(name: str, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    if name in WITH_KEYWORDS:
        return bool(call.keywords) and not call.args
    if name in WITHOUT_ARGUMENTS:
        return not call.keywords and not call.args
    return name in WRITES


def _at(module: Module, node: ast.AST) -> str:
    return f"{module.path}:{getattr(node, 'lineno', 0)}"


def _calls(wanted: set[str], allowed: set[str]) -> list[str]:
    return [
        _at(module, call)
        for module in modules()
        if module.path not in allowed
        for name, call in module.calls()
        if name in wanted
    ]


def test_rows_are_written_in_actions_and_in_the_journal():
    found = [
        _at(module, call)
        for module in modules()
        if module.path.startswith("chat/") and module.path not in WRITERS
        for name, call in module.calls()
        if _is_write(name, call)
    ]
    assert found == []


def test_groups_are_sent_to_from_the_hub():
    assert _calls({"group_send"}, {"chat/hub.py"}) == []


def test_threads_are_started_in_the_engines_thread_module():
    threads = {"Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor", "to_thread", "run_in_executor"}
    # The benchmark measures what a thread per request would cost.
    assert _calls(threads, {"inference/engine/thread.py", "inference/benchmarking.py"}) == []


def test_the_environment_is_read_in_the_settings():
    found = [
        module.path
        for module in modules()
        if module.path not in {"chatsite/settings.py", "chatsite/asgi.py"}
        and module.names() & {"os.environ", "os.getenv", "os.environb"}
    ]
    assert found == []


@pytest.mark.parametrize("field", ["public_id", "public_id__in"])
def test_a_clients_id_becomes_a_row_in_access(field: str):
    found = [
        _at(module, call)
        for module in modules()
        if module.path not in {"chat/access.py", "chat/review/access.py", *STAFF}
        for name, call in module.calls()
        if name in {"get", "filter", "exclude", "get_object_or_404", "get_list_or_404", "Q", "aget"}
        and any(keyword.arg == field for keyword in call.keywords)
    ]
    assert found == []


def test_the_rules_see_what_they_forbid():
    source = "a.objects.create(x=1)\nb.update(y=2)\nc.delete()\nd.save()\ne.update({})\nf.delete(k)"
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert [_is_write(call.func.attr, call) for call in calls] == [True, True, True, True, False, False]
