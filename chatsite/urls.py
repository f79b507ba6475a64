"""Which room answers which path."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("chat.urls")),
]
if find_spec("chat.accounts_urls"):
    urlpatterns.insert(0, path("accounts/", include("chat.accounts_urls")))
