"""django-oauth-toolkit's models as ours: nothing usable at rest, one row that a whole token family hangs on."""

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from apps.core.api.scopes import PREFIX
from apps.core.fields import EncryptedTextField, WebAddressField
from apps.core.ids import uuid7
from apps.core.names import name_of
from apps.oauth.redirect_uris import is_registered, web_origin
from apps.oauth.standard_scopes import OFFLINE_ACCESS


class Scope(models.Model):
    """A scope of the installation's own APIs, in words that people read when they are asked for consent."""

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("Such as payroll:read."))
    title = models.CharField(_("title"), max_length=100, help_text=_("Such as “See your payslips”."))
    description = models.CharField(_("description"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("scope")
        verbose_name_plural = _("scopes")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.name.lower().startswith(PREFIX):
            raise ValidationError(
                {"name": _("Names that begin like this are for scopes of Gatehouse itself.")}
            )


class Client(AbstractApplication):
    """An OAuth client: the protocol side of an application."""

    class Kind(models.TextChoices):
        WEB = "web", _("Web application with a server")
        SPA = "spa", _("Application in the browser")
        NATIVE = "native", _("Mobile or desktop application")
        SERVICE = "service", _("Service or API without people")

    class SigningAlgorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        ED25519 = "Ed25519", "Ed25519"
        EDDSA = "EdDSA", _("EdDSA (Ed25519 by its older name)")

    # An owner who leaves must not take the client along; the application behind it has the owner.
    user = None
    # Secrets are 256 random bits, digested: a slow password hash on the token path would only serve attackers.
    hash_client_secret = None  # type: ignore[assignment]  # removes an inherited column

    id = models.UUIDField(  # type: ignore[assignment]  # the abstract base has a number
        primary_key=True, default=uuid4, editable=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.WEB)
    application = models.ForeignKey(
        "access.Application",
        on_delete=models.PROTECT,
        related_name="oauth_clients",
        verbose_name=_("application"),
        help_text=_("Who may sign in through this client is decided there."),
    )
    client_secret = models.CharField(max_length=64, blank=True, default="", editable=False)
    secret_changed_at = models.DateTimeField(_("secret changed"), null=True, blank=True, editable=False)
    scopes = models.TextField(
        _("allowed scopes"),
        default="openid profile email",
        blank=True,
        help_text=_("Separated by spaces. Nothing else is ever granted, whatever the client asks for."),
    )
    algorithm = models.CharField(
        _("ID token signature"),
        max_length=16,
        choices=SigningAlgorithm.choices,
        default=SigningAlgorithm.RS256,
    )
    is_pkce_required = models.BooleanField(
        _("demand PKCE"),
        default=True,
        help_text=_(
            "Switch off only for a server-side client that cannot do it. Public clients always must."
        ),
    )
    is_par_required = models.BooleanField(
        _("demand pushed requests"),
        default=False,
        help_text=_("Refuses to send people here for a request that the client has not left first (PAR)."),
    )
    is_resource_server = models.BooleanField(
        _("may introspect"),
        default=False,
        help_text=_("Lets this client look at tokens of other clients, as far as they carry its own scopes."),
    )
    is_enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Disabling it refuses its tokens at their next use.")
    )
    website_url = WebAddressField(_("website"), blank=True)
    policy_url = WebAddressField(_("privacy policy"), blank=True)
    tos_url = WebAddressField(_("terms of service"), blank=True)

    class Meta(AbstractApplication.Meta):
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ("name",)

    def clean(self) -> None:
        """django-oauth-toolkit's rules know neither our keys nor our kinds; services.clients has ours."""

    @property
    def is_public(self) -> bool:
        return bool(self.client_type == self.CLIENT_PUBLIC)

    @property
    def allowed_scopes(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    @property
    def description(self) -> str:
        return self.application.description

    def is_usable(self, request: Any = None) -> bool:
        return self.is_enabled and self.application.is_enabled

    def allows_grant_type(self, *grant_types: str) -> bool:
        return self.authorization_grant_type in grant_types

    def redirect_uri_allowed(self, uri: str) -> bool:
        return is_registered(uri, self.redirect_uris.split(), any_loopback_port=self.kind == self.Kind.NATIVE)

    def origin_allowed(self, origin: str) -> bool:
        """Whether the client is an application in the browser whose pages have exactly this origin."""
        own = (*self.redirect_uris.split(), *self.allowed_origins.split())
        return self.kind == self.Kind.SPA and origin in {web_origin(uri) for uri in own}

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        return is_registered(uri, self.post_logout_redirect_uris.split(), any_loopback_port=False)


class Authorization(models.Model):
    """What one person allowed one client in one session. Every token of the family is judged by this row."""

    class RevokeReason(models.TextChoices):
        CODE_REPLAYED = "code_replayed", _("An authorization code was used twice")
        REFRESH_REPLAYED = "refresh_replayed", _("A refresh token was used twice")
        CLIENT = "client", _("The client revoked it")
        PERSON = "person", _("The person took it back")
        ADMINISTRATOR = "administrator", _("An administrator revoked it")

    id = models.UUIDField("ID", primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        "directory.User", on_delete=models.CASCADE, related_name="authorizations", verbose_name=_("person")
    )
    client = models.ForeignKey(
        Client, on_delete=models.CASCADE, related_name="authorizations", verbose_name=_("client")
    )
    session = models.ForeignKey(
        "signin.Session",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="authorizations",
        verbose_name=_("session"),
    )
    scope = models.TextField(_("scope"))
    auth_time = models.DateTimeField(_("authenticated"))
    amr = models.JSONField(_("authentication methods"), default=list)
    created_at = models.DateTimeField(_("granted"), db_index=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoke_reason = models.CharField(_("why"), max_length=32, choices=RevokeReason.choices, blank=True)

    class Meta:
        verbose_name = _("authorization")
        verbose_name_plural = _("authorizations")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return _("%(client)s for %(person)s") % {
            "client": name_of(self, "client"),
            "person": name_of(self, "user"),
        }

    @property
    def is_offline(self) -> bool:
        """Whether it outlives the session it was given in. Spec: OIDC Core §11."""
        return OFFLINE_ACCESS in self.scope.split()


class AuthorizationCode(AbstractGrant):
    """`code` holds the digest of the code, never the code."""

    authorization = models.OneToOneField(Authorization, on_delete=models.CASCADE, related_name="code")
    nonce = models.TextField(blank=True, default="")
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractGrant.Meta):
        verbose_name = _("authorization code")
        verbose_name_plural = _("authorization codes")
        indexes = (models.Index(fields=("expires",)),)


class AccessToken(AbstractAccessToken):
    """`token` stays empty; `token_checksum` is the SHA-256 of the token."""

    source_refresh_token = None
    id_token = None

    application = models.ForeignKey(Client, on_delete=models.CASCADE, verbose_name=_("client"))
    authorization = models.ForeignKey(
        Authorization, on_delete=models.CASCADE, null=True, blank=True, related_name="access_tokens"
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta(AbstractAccessToken.Meta):
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes = (models.Index(fields=("expires",)),)


class RefreshToken(AbstractRefreshToken):
    """Used once: rotation sets `revoked`, and a second use revokes the whole authorization."""

    access_token = None
    token_family = None

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="refresh_tokens")
    expires = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        indexes = (models.Index(fields=("expires",)),)
        constraints = (
            models.UniqueConstraint(fields=("token_checksum",), name="oauth_refreshtoken_checksum"),
        )


class IDToken(AbstractIDToken):
    """django-oauth-toolkit needs the model; ID tokens are verified by signature and never stored."""


class DeviceGrant(AbstractDeviceGrant):
    """django-oauth-toolkit needs the model to be ours from its first migration on."""


class Consent(models.Model):
    """The scopes that a person has let a client have, remembered so that they are asked once."""

    user = models.ForeignKey(
        "directory.User", on_delete=models.CASCADE, related_name="consents", verbose_name=_("person")
    )
    client = models.ForeignKey(
        Client, on_delete=models.CASCADE, related_name="consents", verbose_name=_("client")
    )
    scope = models.TextField(_("scope"))
    granted_at = models.DateTimeField(_("first granted"), default=timezone.now)
    updated_at = models.DateTimeField(_("last confirmed"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = (models.UniqueConstraint(fields=("user", "client"), name="oauth_consent_unique"),)

    def __str__(self) -> str:
        return _("%(client)s for %(person)s") % {
            "client": name_of(self, "client"),
            "person": name_of(self, "user"),
        }

    def covers(self, scopes: frozenset[str]) -> bool:
        return scopes <= frozenset(self.scope.split())


class PushedRequest(models.Model):
    """An authorization request that a client left here before it sent a person. Spec: RFC 9126.

    The handle in its request_uri is kept as a digest; what was asked, which may name a person, encrypted.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="pushed_requests")
    handle_digest = models.CharField(max_length=64, unique=True)
    query = EncryptedTextField()
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("pushed authorization request")
        verbose_name_plural = _("pushed authorization requests")
        default_permissions = ()

    def __str__(self) -> str:
        return name_of(self, "client")


class IdempotentCall(models.Model):
    """A call of the API that is to make something once: claimed while it is being answered, then with its answer.

    Of the key and of what was sent only digests are kept; the answer, which may be about people, is encrypted.
    """

    caller = models.CharField(max_length=200)
    key_digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    claim_token = models.UUIDField()
    claimed_until = models.DateTimeField()
    answer = EncryptedTextField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("call that is answered once")
        verbose_name_plural = _("calls that are answered once")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("caller", "key_digest"), name="oauth_idempotentcall_unique"),
        )

    def __str__(self) -> str:
        return self.caller
