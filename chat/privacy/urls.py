"""Paths under /privacy/."""

from django.urls import path

from chat.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.own, name="own"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
]
