from django.urls import path

from apps.signin.views.activity import activity
from apps.signin.views.address import address, verify_address
from apps.signin.views.address_link import address_link, open_address_link
from apps.signin.views.browsers import browsers, forget_all, forget_own
from apps.signin.views.details import own_details
from apps.signin.views.home import home
from apps.signin.views.language import choose_language
from apps.signin.views.login import LoginView
from apps.signin.views.logout import LogoutView
from apps.signin.views.password import password
from apps.signin.views.password_link import open_link, set_password
from apps.signin.views.profile import account, profile
from apps.signin.views.reset import ask_for_reset
from apps.signin.views.sessions import end_others, end_own, sessions
from apps.signin.views.terms import terms, terms_version

app_name = "signin"
urlpatterns = [
    path("", home, name="home"),
    path("login/", LoginView.as_view(), name="login"),
    path("language", choose_language, name="language"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account, name="account"),
    path("account/profile", profile, name="profile"),
    path("account/details", own_details, name="details"),
    path("account/password", password, name="password"),
    path("account/terms", terms, name="terms"),
    path("account/terms/<uuid:version_id>", terms_version, name="terms_version"),
    path("account/reset", ask_for_reset, name="reset"),
    path("account/set-password", set_password, name="set_password"),
    path("account/set-password/<str:token>", open_link, name="open_link"),
    path("account/email", address, name="address"),
    path("account/email/verify", verify_address, name="verify_address"),
    path("account/email/link", address_link, name="address_link"),
    path("account/email/link/<str:token>", open_address_link, name="open_address_link"),
    path("account/sessions", sessions, name="sessions"),
    path("account/sessions/end-others", end_others, name="end_other_sessions"),
    path("account/sessions/<uuid:session_id>/end", end_own, name="end_session"),
    path("account/devices", browsers, name="browsers"),
    path("account/devices/forget-all", forget_all, name="forget_browsers"),
    path("account/devices/<int:browser_id>/forget", forget_own, name="forget_browser"),
    path("account/activity", activity, name="activity"),
]
