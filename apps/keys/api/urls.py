from django.urls import path

from apps.keys.api import signing_keys

urlpatterns = [
    path("signing-keys", signing_keys.SigningKeysView.as_view(), name="signing_keys"),
    path("signing-keys/<uuid:key_id>", signing_keys.SigningKeyView.as_view(), name="signing_key"),
]
