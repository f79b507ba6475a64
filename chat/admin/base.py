"""What the chat's admin pages share: they cannot write, and they never count a whole table."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest

MAX_PAGE = 10_000  # a page further on is found by a filter, not by leafing


class CountFreeChangeList(ChangeList):
    """A list that knows whether there is a next page, and not how many there are.

    Counting 100,000 rows costs more than showing 50, and nobody reads the number.
    """

    result_list: Any

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Any]:
        """The one order that has an index, whatever the address asks for."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page and one row more."""
        self.page_num = min(max(self.page_num, 1), MAX_PAGE)
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        self.has_next = len(rows) > self.list_per_page and self.page_num < MAX_PAGE
        self.result_list = rows[: self.list_per_page]
        self.first_number, self.last_number = first + 1, first + len(self.result_list)
        # What Django's templates ask for. Equal counts keep "n results" and "select all n" away.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = None

    def previous_link(self) -> str:
        """The query string of the page before; empty on the first."""
        return self.get_query_string({PAGE_VAR: self.page_num - 1}) if self.page_num > 1 else ""

    def next_link(self) -> str:
        """The query string of the page after; empty on the last."""
        return self.get_query_string({PAGE_VAR: self.page_num + 1}) if self.has_next else ""


class ReadOnlyAdmin(admin.ModelAdmin):
    """Pages for those who hold `permission`, and no others; nobody can add, change or delete."""

    permission = ""
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count
    sortable_by = ()  # by another column there is no index

    class Media:
        css = {"all": ["chat/admin.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list without counting."""
        return CountFreeChangeList

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the room shows this model at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The one permission that counts here."""
        return request.user.has_perm(self.permission)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False
