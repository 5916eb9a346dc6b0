"""The people of the demonstration."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.events import DirectoryAction
from apps.directory.models import Unit, User
from apps.directory.selectors import subject_of
from apps.directory.services.people import NewPerson, create_person, set_password
from apps.transfer.acme import DOMAIN, EMPLOYEES, MENTORS, PASSWORD, Employee, attributes_of
from apps.transfer.clock import Clock
from apps.transfer.services.demo_belonging import make_attributes, make_units
from apps.transfer.services.demo_events import plain, record


def make_people(clock: Clock) -> dict[str, User]:
    """Everybody by the user name they have in `acme`. The password is hashed once: forty slow hashes would show
    nothing more.

    Whoever has an employee number of the demonstration stays as they are, whatever they are called by now. An
    employee whose user name or address belongs to somebody else is left out.
    """
    numbers = {f"A-{1001 + place}": employee for place, employee in enumerate(EMPLOYEES)}
    there = {
        numbers[user.employee_number].username: user
        for user in User.objects.filter(employee_number__in=numbers)
    }
    attributes = make_attributes(clock)
    created: list[User] = []
    for place, employee in enumerate(EMPLOYEES):
        if employee.username in there or _is_taken(employee):
            continue
        kept = _kept(place, employee, attributes, there)
        user = create_person(
            details=_details(employee, kept), password=None, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock()
        )
        there[employee.username] = user
        created.append(user)
    _complete(created, there, make_units(there, clock), clock)
    return there


def _kept(
    place: int, employee: Employee, attributes: Collection[str], there: Mapping[str, User]
) -> dict[str, list[str]]:
    """Of the attributes that were made now. The mentor goes by the user name that they have by now."""
    kept = attributes_of(place, employee)
    mentor = there.get(MENTORS.get(employee.username, ""))
    if mentor is not None:
        kept["mentor"] = [mentor.username]
    return {slug: typed for slug, typed in kept.items() if slug in attributes}


def _is_taken(employee: Employee) -> bool:
    return User.objects.filter(
        Q(username__iexact=employee.username) | Q(email__iexact=_email(employee))
    ).exists()


def _email(employee: Employee) -> str:
    return f"{employee.given_name}.{employee.family_name}@{DOMAIN}".lower()


def _details(employee: Employee, kept: dict[str, list[str]]) -> NewPerson:
    return NewPerson(
        username=employee.username,
        email=_email(employee),
        is_email_verified=True,
        given_name=employee.given_name,
        family_name=employee.family_name,
        department=employee.department,
        job_title=employee.job_title,
        is_staff=employee.is_staff,
        is_superuser=employee.is_superuser,
        attributes=kept,
    )


RELATED = ("manager", "unit")
RECORD_FIELDS = (
    *RELATED,
    "employee_number",
    "employee_type",
    "status",
    "starts_on",
    "ends_on",
    "time_zone",
    "locale",
)
PASSWORD_FIELDS = ("password", "password_changed_at", "password_expires_at")


def _complete(created: list[User], there: dict[str, User], units: Mapping[str, Unit], clock: Clock) -> None:
    """The rest of the employees' records, in one statement and with an event for each."""
    if not created:
        return
    first, now = created[0], clock()
    set_password(user=first, password=PASSWORD, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)
    numbers = {employee.username: f"A-{1001 + place}" for place, employee in enumerate(EMPLOYEES)}
    employees = {employee.username: employee for employee in EMPLOYEES}
    for user in created:
        employee = employees[user.username]
        user.manager, user.unit = there.get(employee.manager), units.get(employee.username)
        user.employee_number = numbers[user.username]
        user.employee_type, user.status = employee.kind, employee.status
        user.starts_on, user.ends_on = employee.starts_on(now.date()), employee.ends_on(now.date())
        user.time_zone, user.locale = employee.time_zone, employee.locale
        user.updated_at = now
        for name in PASSWORD_FIELDS:
            setattr(user, name, getattr(first, name))
    User.objects.bulk_update(created, [*RECORD_FIELDS, *PASSWORD_FIELDS, "updated_at"])
    for user in created:
        after = {
            name: plain(getattr(user, f"{name}_id" if name in RELATED else name)) for name in RECORD_FIELDS
        }
        record(DirectoryAction.USER_CHANGED, subject_of(user), clock, after=after)
        if user is not first:
            record(DirectoryAction.USER_PASSWORD_SET, subject_of(user), clock)
