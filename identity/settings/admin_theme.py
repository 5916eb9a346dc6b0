"""django-unfold: our name, our colours, a sidebar by task."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _entry(title: Any, icon: str, address: str, *permissions: str) -> dict[str, Any]:
    """A line of the sidebar; only those see it who may see what it leads to: one of the permissions is enough."""

    def is_shown(request: HttpRequest) -> bool:
        return not permissions or any(request.user.has_perm(one) for one in permissions)

    return {"title": title, "icon": icon, "link": reverse_lazy(address), "permission": is_shown}


def _list(title: Any, icon: str, app: str, model: str) -> dict[str, Any]:
    """Who may change may see, as Django has it."""
    address = f"admin:{app}_{model}_changelist"
    return _entry(title, icon, address, f"{app}.view_{model}", f"{app}.change_{model}")


def _may_see_log(request: HttpRequest) -> bool:
    return request.user.has_perm("audit.view_auditevent")


SIDEBAR: list[dict[str, Any]] = [
    {"items": [_entry(_("Overview"), "space_dashboard", "admin:index")]},
    {
        "title": _("People"),
        "items": [
            _list(_("People"), "person", "directory", "user"),
            _list(_("Groups"), "group", "directory", "group"),
            _list(_("Organisation"), "account_tree", "directory", "unit"),
            _list(_("Attributes"), "data_object", "directory", "attribute"),
            _list(_("Password policy"), "password", "directory", "passwordpolicy"),
        ],
    },
    {
        "title": _("Access"),
        "items": [
            _list(_("Roles"), "badge", "access", "role"),
            _list(_("Assignments"), "assignment_ind", "access", "assignment"),
        ],
    },
    {
        "title": _("Applications"),
        "items": [
            _list(_("Applications"), "apps", "access", "application"),
            _list(_("Clients"), "deployed_code", "oauth", "client"),
            _list(_("Scopes"), "rule", "oauth", "scope"),
            _list(_("Authorizations"), "handshake", "oauth", "authorization"),
        ],
    },
    {
        "title": _("Security"),
        "items": [
            _list(_("Sessions"), "devices", "signin", "session"),
            _list(_("Recognised browsers"), "language", "signin", "recognisedbrowser"),
            _list(_("One-time links"), "link", "directory", "onetimelink"),
            _list(_("Addresses under watch"), "radar", "signin", "addressthrottle"),
            _list(_("Terms of use"), "contract", "terms", "termsversion"),
            _list(_("Acceptances"), "contract_edit", "terms", "acceptance"),
            _list(_("Notices by mail"), "mark_email_unread", "signin", "noticepolicy"),
        ],
    },
    {
        "title": _("Audit"),
        "items": [
            _list(_("Audit log"), "receipt_long", "audit", "auditevent"),
            _list(_("Checkpoints"), "verified", "audit", "sealbatch"),
            _list(_("Verifications"), "fact_check", "audit", "auditverificationrun"),
        ],
    },
    {
        "title": _("System"),
        "items": [
            _list(_("System status"), "monitor_heart", "dashboards", "systemstatus"),
            _list(_("Jobs"), "pending_actions", "jobs", "job"),
            _list(_("Readers of the log"), "local_library", "audit", "readercursor"),
            _list(_("Events set aside"), "move_to_inbox", "audit", "setasideevent"),
            _list(_("Signing keys"), "key", "keys", "signingkey"),
            _entry(
                _("API reference"), "api", "core:api_reference", "oauth.view_client", "oauth.change_client"
            ),
        ],
    },
]

# One accent, about 275 in oklch, and greys with a trace of it; the steps keep django-unfold's contrasts.
ACCENT = {
    "50": "oklch(97.3% .015 285)",
    "100": "oklch(94.3% .032 285)",
    "200": "oklch(88.9% .06 284)",
    "300": "oklch(81.2% .1 283)",
    "400": "oklch(71.5% .14 282)",
    "500": "oklch(63.5% .19 281)",
    "600": "oklch(48.5% .21 278)",
    "700": "oklch(43% .19 278)",
    "800": "oklch(37% .16 279)",
    "900": "oklch(31.5% .125 280)",
    "950": "oklch(23% .09 281)",
}
GREYS = {
    "50": "oklch(98.4% .003 285)",
    "100": "oklch(96.6% .005 285)",
    "200": "oklch(92.4% .009 285)",
    "300": "oklch(86.8% .013 285)",
    "400": "oklch(72% .02 285)",
    "500": "oklch(54% .025 285)",
    "600": "oklch(44% .028 285)",
    "700": "oklch(36.5% .028 285)",
    "800": "oklch(27.5% .026 285)",
    "900": "oklch(20.5% .024 285)",
    "950": "oklch(13.5% .02 285)",
}

UNFOLD = {
    "SITE_TITLE": "Gatehouse",
    "SITE_HEADER": "Gatehouse",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("icons/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")}
    ],
    "STYLES": [lambda request: static("dashboards/admin.css")],
    "SCRIPTS": [lambda request: static("dashboards/admin.js")],
    "COLORS": {"primary": ACCENT, "base": GREYS},
    "BORDER_RADIUS": "8px",
    "SHOW_HISTORY": _may_see_log,
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Your applications and sessions"), "link": "/"},
            {"title": _("Change your password"), "link": "/account/password"},
        ]
    },
    "DASHBOARD_CALLBACK": "apps.dashboards.overview.overview",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": SIDEBAR},
}
