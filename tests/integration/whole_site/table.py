"""Who gets what at each address. One that is in neither table fails tests/architecture."""

from dataclasses import dataclass

# What an answer comes to; any other is its status.
SIGN_IN, MOVED, PAGE, REFUSED, ABSENT = "sign in", "moved", "200", "403", "404"


@dataclass(frozen=True)
class Row:
    """Answers to somebody anonymous, and to anybody who is signed in: roles make no difference here."""

    get: tuple[str, str]
    # With a token of our forms.
    post: tuple[str, str]
    # Without one; None: for machines, which have none, and are answered alike.
    without_token: str | None = REFUSED
    # The table that a look may write.
    writes: str = ""


OWN_PAGE = Row((SIGN_IN, PAGE), ("405", "405"))
OWN_FORM = Row((SIGN_IN, PAGE), (SIGN_IN, "400"))
# They name a thing of somebody else's.
NOT_MINE = Row((SIGN_IN, ABSENT), (SIGN_IN, ABSENT))
NOT_MINE_FORM_ONLY = Row(("405", "405"), (SIGN_IN, ABSENT))
TO_BE_READ = Row((PAGE, PAGE), ("405", "405"))
FOR_MACHINES_TO_READ = Row((PAGE, PAGE), ("405", "405"), without_token=None)
FOR_CLIENTS = Row(("405", "405"), ("400", "400"), without_token=None)
NO_SUCH_MAIL = Row((ABSENT, ABSENT), ("405", "405"))

ROWS: dict[str, Row] = {
    "": OWN_PAGE,
    "login/": Row((PAGE, MOVED), ("400", "400")),
    "logout/": Row((PAGE, PAGE), (PAGE, PAGE)),
    "language": Row(("405", "405"), ("400", "400")),
    "account/reset": Row((PAGE, PAGE), ("400", "400")),
    # Without a link there is nothing to be set, and what the link says is looked at behind it.
    "account/set-password": Row(("410", "410"), ("410", "410")),
    # The browser keeps what the link says, out of its address.
    "account/set-password/<str:token>": Row((MOVED, MOVED), ("405", "405"), writes="django_session"),
    "account/": Row((SIGN_IN, MOVED), ("405", "405")),
    "account/profile": OWN_FORM,
    "account/password": OWN_FORM,
    # There is nothing of it that they may change.
    "account/details": Row((SIGN_IN, MOVED), (SIGN_IN, MOVED)),
    # There is nothing to accept.
    "account/terms": Row((SIGN_IN, MOVED), (SIGN_IN, "400")),
    "account/terms/<uuid:version_id>": Row((SIGN_IN, ABSENT), ("405", "405")),
    "account/email": OWN_FORM,
    "account/email/verify": Row(("405", "405"), (SIGN_IN, MOVED)),
    # As with the links that set a password.
    "account/email/link": Row(("410", "410"), ("410", "410")),
    "account/email/link/<str:token>": Row((MOVED, MOVED), ("405", "405"), writes="django_session"),
    "account/sessions": OWN_PAGE,
    # There are no others to be asked about.
    "account/sessions/end-others": Row((SIGN_IN, MOVED), (SIGN_IN, MOVED)),
    "account/sessions/<uuid:session_id>/end": NOT_MINE_FORM_ONLY,
    "account/devices": OWN_PAGE,
    "account/devices/forget-all": Row((SIGN_IN, PAGE), (SIGN_IN, MOVED)),
    "account/devices/<int:browser_id>/forget": NOT_MINE_FORM_ONLY,
    "account/activity": OWN_PAGE,
    "account/apps": OWN_PAGE,
    "account/apps/<uuid:client_id>": NOT_MINE,
    "health": FOR_MACHINES_TO_READ,
    "healthz": FOR_MACHINES_TO_READ,
    "readyz": FOR_MACHINES_TO_READ,
    "metrics": FOR_MACHINES_TO_READ,
    "mail/": TO_BE_READ,
    "mail/<uuid:mail_id>/": NO_SUCH_MAIL,
    "mail/<uuid:mail_id>/letter": NO_SUCH_MAIL,
    # Without its parameters the request cannot be understood; a form goes on as a link.
    "oauth/authorize": Row(("400", "400"), (MOVED, MOVED), without_token=MOVED),
    "oauth/logout": Row((PAGE, PAGE), (MOVED, MOVED), without_token=MOVED),
    "oauth/par": FOR_CLIENTS,
    "oauth/token": FOR_CLIENTS,
    "oauth/introspect": FOR_CLIENTS,
    "oauth/revoke": FOR_CLIENTS,
    "oauth/userinfo": Row(("401", "401"), ("401", "401"), without_token=None),
    "api/docs/": TO_BE_READ,
    "api/schema/": FOR_MACHINES_TO_READ,
    ".well-known/openid-configuration": FOR_MACHINES_TO_READ,
    ".well-known/oauth-authorization-server": FOR_MACHINES_TO_READ,
    ".well-known/jwks.json": FOR_MACHINES_TO_READ,
}

# All of it: whoever brings no token is a stranger, also in a browser in which a superuser is signed in.
API = "api/v1/"
API_ROW = Row(("401", "401"), ("401", "401"), without_token=None)


def row_of(route: str) -> Row | None:
    return API_ROW if route.startswith(API) else ROWS.get(route)


# By model of the administration: what anybody at all may do to its objects there, given the right of that name.
LOOK, ALL = {"view"}, {"view", "add", "change", "delete"}
MODELS: dict[str, set[str]] = {
    "access.application": ALL,
    "access.assignment": ALL,
    "access.role": ALL,
    "audit.auditevent": LOOK,
    "audit.auditverificationrun": LOOK,
    "audit.readercursor": LOOK,
    "audit.sealbatch": LOOK,
    "audit.setasideevent": LOOK,
    "dashboards.systemstatus": LOOK,
    "directory.attribute": ALL,
    "directory.group": ALL,
    "directory.onetimelink": LOOK,
    "directory.unit": ALL,
    "directory.passwordpolicy": {"view", "add"},
    "directory.user": {"view", "add", "change"},
    "jobs.job": LOOK,
    "keys.signingkey": LOOK,
    "oauth.authorization": LOOK,
    "oauth.client": ALL,
    "oauth.scope": ALL,
    "signin.addressthrottle": LOOK,
    "signin.noticepolicy": {"view", "add"},
    "signin.recognisedbrowser": LOOK,
    "signin.session": LOOK,
    "terms.acceptance": LOOK,
    "terms.termsversion": ALL,
}
# Models that have no rows, and so no pages but their list.
SINGLE_PAGES = {"dashboards.systemstatus"}
# By model and name: the right that the action asks for.
ACTIONS: dict[str, dict[str, str]] = {
    "access.assignment": {"end": "access.change_assignment"},
    "audit.readercursor": dict.fromkeys(("try_again", "set_aside"), "audit.change_readercursor"),
    "audit.setasideevent": {"hand_in": "audit.change_readercursor"},
    "directory.user": {
        **dict.fromkeys(
            (
                "invite",
                "withdraw_invitation",
                "unlock",
                "reactivate",
                "suspend",
                "deprovision",
                "verify_address",
            ),
            "directory.change_user",
        ),
        "end-sessions": "signin.change_session",
    },
    "directory.onetimelink": {"end": "directory.change_onetimelink"},
    "jobs.job": dict.fromkeys(("retry", "cancel"), "jobs.change_job"),
    "keys.signingkey": dict.fromkeys(("rotate", "compromised"), "keys.change_signingkey"),
    "oauth.authorization": {"revoke": "oauth.change_authorization"},
    "oauth.client": dict.fromkeys(("enable", "disable"), "oauth.change_client"),
    "signin.addressthrottle": {"release": "signin.change_addressthrottle"},
    "signin.recognisedbrowser": {"forget": "signin.delete_recognisedbrowser"},
    "signin.session": {"end": "signin.change_session"},
    "terms.termsversion": dict.fromkeys(("publish", "withdraw"), "terms.publish_termsversion"),
}
# Pages of single models beside the usual ones: the right they ask for, and what those who hold it are answered to a
# look and to a form that says nothing.
MORE: dict[str, tuple[str, str, str]] = {
    "admin/directory/user/<uuid:object_id>/password/": ("directory.set_password", PAGE, PAGE),
    "admin/oauth/client/<uuid:object_id>/secret/": ("oauth.change_client", PAGE, "405"),
    "admin/oauth/client/<uuid:object_id>/new-secret/": ("oauth.change_client", PAGE, MOVED),
    # Forms only: who may send them is not asked before. The second one names no task.
    "admin/dashboards/systemstatus/test-mail/": ("dashboards.view_systemstatus", "405", MOVED),
    "admin/dashboards/systemstatus/run-task/": ("dashboards.run_scheduledtask", "405", "400"),
}
# Of the administration as a whole: what staff are answered, whatever their roles.
FOR_STAFF: dict[str, tuple[str, str]] = {
    "admin/": (PAGE, PAGE),
    "admin/search/": (PAGE, PAGE),
    "admin/jsi18n/": (PAGE, "405"),
    # It names no model.
    "admin/autocomplete/": (REFUSED, "405"),
    # No object has a page on this site.
    "admin/r/<path:content_type_id>/<path:object_id>/": (ABSENT, ABSENT),
    "admin/(?P<url>.*)$": (ABSENT, ABSENT),
}
# The same for everybody: (look, form).
FOR_ALL: dict[str, tuple[str, str]] = {
    "admin/logout/": (MOVED, MOVED),
    "admin/password_change/": (ABSENT, ABSENT),
    "admin/password_change/done/": (ABSENT, ABSENT),
}
# Leads somebody anonymous to sign in, and tells others that they may not.
ADMIN_SIGN_IN = "admin/login/"
ADMIN_APP = "admin/^(?P<app_label>"
# Behind the list of a model.
TAILS = ("", "add/", *(f"<path:object_id>/{tail}" for tail in ("", "change/", "delete/", "history/")))
ACTION_TAIL = "<path:object_id>/actions/<slug:action_name>/"


def is_known(route: str) -> bool:
    """Whether the tables say who gets what there."""
    if (
        row_of(route) is not None
        or route in MORE
        or route in FOR_STAFF
        or route in FOR_ALL
        or route == ADMIN_SIGN_IN
    ):
        return True
    return route.startswith(ADMIN_APP) or model_of(route) in MODELS


def model_of(route: str) -> str:
    """The model whose usual page it is; empty for any other."""
    start, _, rest = route.partition("/")
    app, _, rest = rest.partition("/")
    model, _, tail = rest.partition("/")
    return f"{app}.{model}" if start == "admin" and model and tail in (*TAILS, ACTION_TAIL) else ""


def tail_of(route: str) -> str:
    return route.split("/", 3)[3]
