"""The lists of the API that are measured in a large installation, each by each of its filters.

An upper app's lists are added here; tests/integration/api/test_lists.py names those that are missing.
"""

from dataclasses import dataclass
from urllib.parse import quote

PREFIX = "/api/v1/"


@dataclass(frozen=True)
class ApiNames:
    """Of somebody and something in the middle of it all, for addresses."""

    person: str
    username: str
    email: str
    employee_number: str
    manager: str
    unit: str
    group: str
    group_name: str
    role: str
    role_slug: str
    application: str
    application_slug: str
    client: str
    client_id: str
    kid: str
    day: str
    next_day: str
    seal_number: str


def api_lists(names: ApiNames) -> dict[str, str]:
    """Addresses by what they ask for."""
    people = {
        "people": "users",
        "people, 200 a page": "users?limit=200",
        "people, by status": "users?status=deprovisioned",
        "people, by frequent status": "users?status=active",
        "people, by status that nobody has": "users?status=suspended",
        "people, by department": "users?department=Legal",
        "people, by department and status": "users?department=Legal&status=deprovisioned",
        "people, by user name": f"users?username={quote(names.username)}",
        "people, by e-mail": f"users?email={quote(names.email)}",
        "people, by employee number": f"users?employee_number={quote(names.employee_number)}",
        "people, by manager": f"users?manager={names.manager}",
        "people, by unit": f"users?unit={names.unit}",
        "people, by group": f"users?group={names.group}",
        "groups": "groups",
        "groups, by name": f"groups?name={quote(names.group_name)}",
        "members of a group": f"groups/{names.group}/members",
        "members of a group, 200 a page": f"groups/{names.group}/members?limit=200",
        "groups within a group": f"groups/{names.group}/groups",
        "groups around a group": f"groups/{names.group}/around",
        "units": "units",
        "units, by parent": f"units?parent={names.unit}",
        "units, below one": f"units?below={names.unit}",
        "units, by code": "units?code=nobody-has-this-code",
        "attributes": "attributes",
        "attributes, by slug": "attributes?slug=nobody_has_this_slug",
    }
    access = {
        "applications": "applications",
        "applications, by slug": f"applications?slug={names.application_slug}",
        "applications, by audience": "applications?audience=assigned",
        "applications, by owner": f"applications?owner={names.person}",
        "roles": "roles",
        "roles, by slug": f"roles?slug={names.role_slug}",
        "roles, by application": f"roles?application={names.application}",
        "assignments": "assignments",
        "assignments, by role": f"assignments?role={names.role}",
        "assignments, by person": f"assignments?user={names.person}",
        "assignments, by group": f"assignments?group={names.group}",
        "assignments, in force": "assignments?state=in_force",
        "assignments, not yet": "assignments?state=not_yet",
        "assignments, ended": "assignments?state=ended",
        "assignments, in force, by role": f"assignments?state=in_force&role={names.role}",
        "clients": "clients",
        "clients, by client ID": f"clients?client_id={quote(names.client_id)}",
        "clients, by application": f"clients?application={names.application}",
        "scopes": "scopes",
        "scopes, by name": "scopes?name=payroll:read",
        "authorizations": "authorizations",
        "authorizations, by person": f"authorizations?user={names.person}",
        "authorizations, by client": f"authorizations?client={names.client}",
        "sessions": "sessions",
        "sessions, by person": f"sessions?user={names.person}",
        "sessions, live": "sessions?state=live",
        "sessions, ended": "sessions?state=ended",
        "sessions, ended, 200 a page": "sessions?state=ended&limit=200",
    }
    log = {
        "events": "events",
        "events, 200 a page": "events?limit=200",
        "events, by frequent action": "events?action=token.issued",
        "events, by rare action": "events?action=user.unlocked",
        "events, by action that never was": "events?action=job.cancelled",
        "events, by actor": f"events?actor={names.person}",
        "events, by target": f"events?target={names.person}",
        "events, by client": f"events?client={names.client}",
        "events, by nobody": "events?actor=nobody-has-this-id",
        "events, since a day": f"events?since={names.day}",
        "events, before a day": f"events?before={names.day}",
        "events, of one day": f"events?since={names.day}&before={names.next_day}",
        "events, of one day and rare action": (
            f"events?since={names.day}&before={names.next_day}&action=user.unlocked"
        ),
        "events, of one day by a person": (
            f"events?since={names.day}&before={names.next_day}&actor={names.person}"
        ),
        "sealed events, from the first": "events/sealed",
        "sealed events, from the middle": f"events/sealed?after={names.seal_number}",
        "sealed events, 200 a page": f"events/sealed?after={names.seal_number}&limit=200",
        "signing keys": "signing-keys",
        "signing keys, by key ID": f"signing-keys?kid={quote(names.kid)}",
        "jobs": "jobs",
        "jobs, by state": "jobs?state=dead",
        "jobs, by kind": "jobs?kind=mail.test",
    }
    return {what: PREFIX + address for what, address in {**people, **access, **log}.items()}
