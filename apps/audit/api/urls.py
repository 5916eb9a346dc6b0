from django.urls import path

from apps.audit.api import log

urlpatterns = [
    path("events", log.EventsView.as_view(), name="events"),
    path("events/sealed", log.SealedEventsView.as_view(), name="sealed_events"),
    path("events/<uuid:event_id>", log.EventView.as_view(), name="event"),
]
