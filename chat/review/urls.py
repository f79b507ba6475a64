"""The staff's pages: what to compare, and what is missing."""

from django.urls import path

from chat.review import views

app_name = "review"
urlpatterns = [
    path("", views.index, name="index"),
]
