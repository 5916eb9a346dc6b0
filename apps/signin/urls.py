from django.urls import path

from apps.signin.views.home import end_other_own_sessions, end_own_session, home
from apps.signin.views.login import LoginView
from apps.signin.views.logout import LogoutView
from apps.signin.views.password import password

app_name = "signin"
urlpatterns = [
    path("", home, name="home"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password", password, name="password"),
    path("account/sessions/end-others", end_other_own_sessions, name="end_other_sessions"),
    path("account/sessions/<uuid:session_id>/end", end_own_session, name="end_session"),
]
