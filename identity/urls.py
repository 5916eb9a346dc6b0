"""Where every address leads."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from apps.audit.admin_pickers import PickerResults
from apps.core.views.error_pages import no_such_page
from apps.signin.views.login import sign_in_to_administration

# Each app has its own part.
api = [
    path("", include(f"apps.{app}.api.urls"))
    for app in ("audit", "jobs", "directory", "keys", "access", "signin", "oauth")
]

urlpatterns = [
    path("admin/login/", sign_in_to_administration),
    path("admin/logout/", RedirectView.as_view(pattern_name="signin:logout")),
    # Django's own form knows neither the policy nor the log; passwords are set on the person's page.
    path("admin/password_change/", no_such_page),
    path("admin/password_change/done/", no_such_page),
    # In place of Django's, which knows two people of one name apart by nothing.
    path("admin/autocomplete/", admin.site.admin_view(PickerResults.as_view(admin_site=admin.site))),
    path("admin/", admin.site.urls),
    path("", include("apps.core.urls")),
    path("", include("apps.mail.urls")),
    path("api/v1/", include((api, "api"))),
    path("", include("apps.oauth.urls")),
    path("", include("apps.signin.urls")),
]

handler400 = "apps.core.views.error_pages.bad_request"
handler403 = "apps.core.views.error_pages.permission_denied"
handler404 = "apps.core.views.error_pages.not_found"
handler500 = "apps.core.views.error_pages.server_error"
