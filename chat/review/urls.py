"""The staff's pages: what to compare, and what is missing."""

from django.urls import path

from chat.review import views, views_compare, views_explain, views_gaps, views_queue

app_name = "review"
urlpatterns = [
    path("", views.index, name="index"),
    path("compare/", views_compare.compare, name="compare"),
    path("compare/pairs/", views_compare.pairs, name="pairs"),
    path("compare/<slug:name>.svg", views_compare.picture, name="picture"),
    path("queue/", views_queue.page, name="queue"),
    path("queue/next/", views_queue.next_items, name="queue_next"),
    path("queue/undo/", views_queue.undo, name="queue_undo"),
    path("queue/<uuid:assignment_id>/submit/", views_queue.submit, name="queue_submit"),
    path("queue/<uuid:assignment_id>/skip/", views_queue.skip, name="queue_skip"),
    path("queue/<uuid:assignment_id>/ideal/", views_queue.ideal, name="queue_ideal"),
    path("queue/<uuid:assignment_id>/difference/", views_queue.difference, name="queue_difference"),
    path("gaps/", views_gaps.gaps, name="gaps"),
    path("gaps/dismiss/", views_gaps.dismiss, name="dismiss"),
    path("gaps/restore/", views_gaps.restore, name="restore"),
    path("explain/<uuid:message_id>/", views_explain.explain, name="explain"),
    path("explain/<uuid:message_id>/<slug:name>/", views_explain.panel, name="explain_panel"),
]
