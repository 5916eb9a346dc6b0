from django.urls import path

from apps.core.views import health

app_name = "core"

urlpatterns = [
    path("health", health.health, name="health"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
]
