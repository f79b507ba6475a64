"""The editor's page of assistants: no JSON, one default, a preview that stores nothing, and permissions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat.assistants.models import Assistant
from tests.chat.assistants.conftest import FIELDS, assistant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engines")]

URL = "/admin/assistants/assistant/"


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """Makes a member of staff with these permissions on assistants, signed in."""

    def make(*permissions: str) -> Client:
        user = User.objects.create_user("-".join(("ann", *permissions)), is_staff=True)
        codes = [f"{permission}_assistant" for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codes))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def editor(signed_in: Callable[..., Client]) -> Client:
    """Somebody who may do everything with assistants."""
    return signed_in("view", "add", "change", "delete")


def form(slug: str = "new", rows: tuple[dict[str, str], ...] = (), initial: int = 0, **changes: str) -> dict[str, str]:
    """What the browser sends."""
    texts = {f"{name}_{short}": f"{name} {short}" for name in ("name", "summary") for short in ("en", "zh")}
    texts |= {f"{name}_{short}": "" for name in ("description", "instructions", "starters") for short in ("en", "zh")}
    how = {"engine": "", "needs": "any", "audience": "everybody", "position": "5", "enabled": "on"}
    numbers = {"temperature": "", "top_p": "", "max_new_tokens": ""}
    told = {f"result-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    managed = {"result-TOTAL_FORMS": str(len(rows)), "result-INITIAL_FORMS": str(initial)}
    return {"slug": slug, **texts, **how, **numbers, **told, **managed, "_save": "Save", **changes}


def row(name: str, kind: str = "text", choices: str = "", **more: str) -> dict[str, str]:
    return {"name": name, "label_en": "", "label_zh": "", "kind": kind, "choices": choices, **more}


SENTIMENT = row("sentiment", "choice", "good = Good = 好\r\nbad =  = 坏", label_en="Sentiment", label_zh="情感")
PLACES = row("places", "list", label_en="Places")


@pytest.fixture
def usual() -> Assistant:
    """The default."""
    return assistant("usual", is_default=True)


@pytest.mark.usefixtures("usual")
def test_what_is_ticked_and_typed_is_stored(editor: Client):
    changes = {"starters_en": "One?\r\n\r\n Two? ", "starters_zh": "一？", "temperature": "0.3", "engine": "cloud"}
    editor.post(f"{URL}add/", form(rows=(SENTIMENT, PLACES, row("")), **changes))
    stored = Assistant.objects.get(slug="new")
    assert stored.result_fields == FIELDS
    assert (stored.starters_en, stored.starters_zh) == (["One?", "Two?"], ["一？"])
    assert (stored.sampling, stored.engine, stored.articles) == ({"temperature": 0.3}, "cloud", False)
    html = editor.get(f"{URL}{stored.pk}/change/").content.decode()
    assert "good = Good = 好\nbad =  = 坏" in html
    assert "One?\nTwo?" in html


@pytest.mark.usefixtures("usual")
def test_a_row_can_be_taken_out_again(editor: Client):
    stored = assistant("two", result_fields=FIELDS)
    rows = (SENTIMENT | {"DELETE": "on"}, PLACES, row(""))
    editor.post(f"{URL}{stored.pk}/change/", form("two", rows, initial=2))
    stored.refresh_from_db()
    assert stored.result_fields == FIELDS[1:]


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ((row("Two words"),), {}, "Small letters, digits and _, a letter first."),
        ((row("x", "choice"),), {}, "Write the values to choose from, one a line."),
        ((row("x", "choice", "a\nA"),), {}, "Every value once, and none of them empty."),
        ((row("x"), row("x")), {}, "Every field needs a name of its own."),
        ((), {"starters_en": "a\nb\nc\nd\ne\nf\ng"}, "6 at most."),
        ((), {"temperature": "3"}, "A number from 0 to 2."),
        ((), {"is_default": "on", "audience": "staff"}, "The default assistant has to be in use, for everybody"),
        ((), {"engine": "nowhere"}, "nowhere is not one of the available choices."),
    ],
)
@pytest.mark.usefixtures("usual")
def test_what_cannot_be_stored_is_said_where_it_is(editor: Client, rows: tuple, changes: dict, said: str):
    html = editor.post(f"{URL}add/", form(rows=rows, **changes)).content.decode()
    assert (said in html, Assistant.objects.count()) == (True, 1)


def test_the_default_goes_to_another_and_never_away(editor: Client, usual: Assistant):
    change = f"{URL}{usual.pk}/change/"
    assert "There has to be a default" in editor.post(change, form("usual")).content.decode()
    assert editor.get(f"{URL}{usual.pk}/delete/").status_code == 403
    editor.post(f"{URL}add/", form(is_default="on"))
    assert list(Assistant.objects.values_list("slug", "is_default")) == [("new", True), ("usual", False)]
    editor.post(URL, {"action": "delete_selected", "_selected_action": [usual.pk], "post": "yes"})
    assert list(Assistant.objects.values_list("slug", flat=True)) == ["new"]


@pytest.mark.usefixtures("usual")
def test_the_preview_shows_what_is_told_and_stores_nothing(editor: Client):
    told = {"instructions_en": "Be <brief>.", "instructions_zh": "要简短。", "needs": "large"}
    html = editor.post(f"{URL}preview/", form(rows=(SENTIMENT,), **told)).content.decode()
    assert all(words in html for words in ("Be &lt;brief&gt;.", "要简短。", "&quot;sentiment&quot;"))
    assert Assistant.objects.count() == 1
    assert "is not told the assistant's instructions" in editor.post(f"{URL}preview/", form()).content.decode()
    assert "A number from 0 to 2." in editor.post(f"{URL}preview/", form(temperature="3")).content.decode()
    assert editor.get(f"{URL}preview/").status_code == 405


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"engine": "gone"}, "Its engine is not configured on this site"),
        ({"engine": "gpt2", "needs": "large"}, "It needs a large language model, and its engine is none"),
    ],
)
def test_the_editor_is_warned_of_an_engine_that_will_not_do(editor: Client, fields: dict[str, str], warning: str):
    stored = assistant("x", **fields)
    assert warning in editor.get(f"{URL}{stored.pk}/change/").content.decode()
    assert "not offered" in editor.get(URL).content.decode()


def test_who_may_only_look_sees_what_is_told_and_changes_nothing(signed_in: Callable[..., Client], usual: Assistant):
    reader = signed_in("view")
    html = reader.get(f"{URL}{usual.pk}/change/").content.decode()
    assert ("Nothing but the conversation." in html, 'name="_save"' in html) == (True, False)
    assert reader.post(f"{URL}{usual.pk}/change/", form("usual", name_en="Mine")).status_code == 403
    assert reader.post(f"{URL}preview/", form()).status_code == 403
    assert signed_in().get(URL).status_code == 403
