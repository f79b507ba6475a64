"""Which room answers which path."""

from django.contrib import admin
from django.urls import include, path

admin.site.site_header = admin.site.site_title = "Duologue"

urlpatterns = [
    path("accounts/", include("chat.accounts_urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("review/", include("chat.review.urls")),
    path("privacy/", include("chat.privacy.urls")),
    path("v1/", include("chat.api.urls")),
    path("help/", include("chat.knowledge.urls")),
    path("", include("chat.urls")),
]
