"""The form of an assistant: starters one a line, the fields of a result in rows; nobody writes JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

import inference
from chat.assistants.engines import engine_label
from chat.assistants.enums import FieldKind
from chat.assistants.lines import join_lines, read_choices, split_lines, write_choices
from chat.assistants.models import MAX_STARTERS, Assistant
from chat.assistants.results import ResultField, read_fields, write_fields

MAX_STARTER_CHARS = 300
MAX_FIELDS = 20
LANGS = {"en": "en", "zh": "zh-Hans"}
LONG = {"description": 4, "instructions": 16, "starters": 4}

HELP: dict[str, Any] = {
    "slug": _("In addresses and records, so it stays."),
    "is_default": _("For every conversation without a choice. Ticking it takes it from the other one."),
    "position": _("Small numbers first; the default always comes first."),
    "summary": _("Under the name, where people choose."),
    "description": _("For staff: what it is good for, and which engines it needs to be good."),
    "instructions": _("What a large language model is told before the conversation."),
    "starters": _("One a line, 6 at most. Empty: questions of the knowledge base."),
    "engine": _("Staff may still choose another one in a conversation."),
    "needs": _("One that needs a large language model is offered only where there is one."),
    "articles": _("Off: a large language model answers in its own words, without the articles."),
    "temperature": _("0 (always the likeliest word) to 2. Empty: as the site says."),
    "top_p": _("Above 0, 1 at most. Empty: as the site says."),
    "max_new_tokens": _("Of an answer. Empty: as the site says."),
}


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """Lines of the list; what was typed stays as it was typed."""
        return join_lines(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The list."""
        lines = split_lines(super().clean(value))
        if len(lines) > MAX_STARTERS:
            raise ValidationError(_("%(n)d at most."), params={"n": MAX_STARTERS})
        if any(len(line) > MAX_STARTER_CHARS for line in lines):
            raise ValidationError(_("A line has %(n)d characters at most."), params={"n": MAX_STARTER_CHARS})
        return lines


class ResultFieldForm(forms.Form):
    """One field of a structured result."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, digits and _, a letter first."))],
        widget=forms.TextInput({"size": 13, "autocapitalize": "off"}),
    )
    label_en = forms.CharField(
        label=_("Label (English)"), max_length=60, required=False, widget=forms.TextInput({"size": 13, "lang": "en"})
    )
    label_zh = forms.CharField(
        label=_("Label (Chinese)"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"size": 9, "lang": "zh-Hans"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=FieldKind.choices, initial=FieldKind.TEXT)
    choices = forms.CharField(
        label=_("Values"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 2, "cols": 22}),
    )

    def clean(self) -> dict[str, Any]:
        """A choice needs something to choose from, each value once."""
        cleaned = super().clean() or self.cleaned_data
        values = [choice.value.casefold() for choice in read_choices(cleaned.get("choices", ""))]
        if cleaned.get("kind") == FieldKind.CHOICE and not values:
            self.add_error("choices", _("Write the values to choose from, one a line."))
        if len(set(values)) < len(values) or "" in values:
            self.add_error("choices", _("Every value once, and none of them empty."))
        return cleaned

    def result_field(self) -> ResultField:
        """What was written, after is_valid."""
        data = self.cleaned_data
        return ResultField(
            data["name"], data["label_en"], data["label_zh"], data["kind"], read_choices(data["choices"])
        )


class _ResultFields(forms.BaseFormSet):
    def clean(self) -> None:
        """Names once each; checked when every row is right by itself."""
        if any(self.errors):
            return
        names = [field.name for field in self.result_fields()]
        if len(set(names)) < len(names):
            raise ValidationError(_("Every field needs a name of its own."))

    def result_fields(self) -> list[ResultField]:
        """The rows that are filled in and not ticked for removal."""
        rows = [row for row in self.forms if row.has_changed() or row.initial]
        return [row.result_field() for row in rows if not row.cleaned_data.get("DELETE")]


ResultFields = forms.formset_factory(
    ResultFieldForm,
    formset=_ResultFields,
    extra=2,
    can_delete=True,
    max_num=MAX_FIELDS,
    validate_max=True,
    absolute_max=MAX_FIELDS + 2,
)


class AssistantForm(forms.ModelForm):
    """Everything of an assistant. `rows` are the fields of its result."""

    starters_en = LinesField(label=_("Questions to begin with"), required=False)
    starters_zh = LinesField(label=_("Questions to begin with"), required=False)
    engine = forms.ChoiceField(label=_("Engine"), required=False)

    class Meta:
        model = Assistant
        fields = (
            *("slug", "enabled", "is_default", "audience", "position"),
            *(f"{name}_{short}" for short in LANGS for name in ("name", "summary", *LONG)),
            *("engine", "needs", "articles", "temperature", "top_p", "max_new_tokens"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = read_fields(self.instance.result_fields)
        data = self.data if self.is_bound else None
        self.rows: Any = ResultFields(data, prefix="result", initial=[_row(one) for one in stored])
        self._name_engines()
        self._explain()

    def clean(self) -> dict[str, Any]:
        """The form and its rows together; the default cannot be taken away, only given to another."""
        cleaned = super().clean() or self.cleaned_data
        if not self.rows.is_valid():
            self.add_error(None, _("Please correct the fields of the result."))
        if "is_default" in cleaned and not cleaned["is_default"] and not _others_default(self.instance):
            self.add_error("is_default", _("There has to be a default: make another assistant the default."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.rows.is_valid():
            self.instance.result_fields = write_fields(self.rows.result_fields())

    def _get_validation_exclusions(self) -> set[str]:
        """A new default takes the old one's place when it is stored, so two are no mistake yet."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def _name_engines(self) -> None:
        if "engine" not in self.fields:
            return
        names = list(inference.backend_names())
        if self.instance.engine and self.instance.engine not in names:
            names.append(self.instance.engine)
        found = [("", _now("The site's default")), *((name, f"{engine_label(name)} ({name})") for name in names)]
        self.fields["engine"].choices = found  # type: ignore[attr-defined]

    def _explain(self) -> None:
        for name, found in self.fields.items():
            stem, _dash, short = name.rpartition("_")
            found.help_text = HELP.get(stem if short in LANGS else name, "")
            if short in LANGS:
                found.widget.attrs |= {"lang": LANGS[short], "class": "vLargeTextField"}
            if stem in LONG:
                found.widget.attrs["rows"] = LONG[stem]


def _row(one: ResultField) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in ("name", "label_en", "label_zh", "kind")}
    return {**shown, "choices": write_choices(one.choices)}


def _others_default(assistant: Assistant) -> bool:
    return Assistant.objects.filter(is_default=True).exclude(pk=assistant.pk).exists()
