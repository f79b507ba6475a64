"""The chat's pages and their data."""

from django.urls import path

from chat import views_api, views_machine, views_pages

app_name = "chat"
urlpatterns = [
    path("", views_pages.home, name="home"),
    path("healthz", views_machine.healthz, name="healthz"),
    path("metrics", views_machine.figures, name="metrics"),
    path("claim/", views_api.claim, name="claim"),
    path("c/", views_api.create, name="create"),
    path("c/list/", views_api.conversation_list, name="list"),
    path("c/<uuid:conversation_id>/", views_pages.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/command/", views_api.command, name="command"),
    path("c/<uuid:conversation_id>/poll/", views_api.poll, name="poll"),
    path("c/<uuid:conversation_id>/rename/", views_api.rename, name="rename"),
    path("c/<uuid:conversation_id>/delete/", views_api.delete, name="delete"),
    path("c/<uuid:conversation_id>/restore/", views_api.restore, name="restore"),
]
