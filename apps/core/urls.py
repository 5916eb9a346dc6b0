from django.urls import path

from apps.core.views import health
from apps.core.views.api_reference import show_api_reference
from apps.core.views.api_schema import api_schema
from apps.core.views.metrics import metrics

app_name = "core"

urlpatterns = [
    path("health", health.health, name="health"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("api/docs/", show_api_reference, name="api_reference"),
    path("api/schema/", api_schema, name="api_schema"),
]
