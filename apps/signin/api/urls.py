from django.urls import path

from apps.signin.api import sessions

urlpatterns = [
    path("sessions", sessions.SessionsView.as_view(), name="sessions"),
    path("sessions/<uuid:session_id>", sessions.SessionView.as_view(), name="session"),
    path("sessions/<uuid:session_id>/end", sessions.EndSessionView.as_view(), name="end_session"),
    path(
        "users/<uuid:user_id>/end-sessions", sessions.EndSessionsOfPersonView.as_view(), name="end_sessions"
    ),
]
