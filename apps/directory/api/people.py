"""People."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.audit.services.changes import Writing
from apps.core.api.errors import Conflict
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.directory.api.attribute_values import AttributeValues, as_typed, with_attributes
from apps.directory.api.scopes import ADD_PEOPLE, CHANGE_PEOPLE, SEE_PEOPLE, SET_CREDENTIALS
from apps.directory.errors import OwnPassword
from apps.directory.models import Unit, User
from apps.directory.person_rules import SIGNING_IN
from apps.directory.selectors import people
from apps.directory.selectors.links import with_invitation
from apps.directory.services.invitations import invite_person, withdraw_invitation
from apps.directory.services.people import NewPerson, create_person, set_password, unlock_person
from apps.directory.services.person_changes import change_person_as
from apps.directory.services.standing import change_standing

NAME = 150


class Person(Output):
    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.CharField(help_text="Empty where there is none.")
    is_email_verified = serializers.BooleanField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    display_name = serializers.CharField()
    department = serializers.CharField()
    unit = serializers.UUIDField(source="unit_id", allow_null=True)
    job_title = serializers.CharField()
    manager = serializers.UUIDField(source="manager_id", allow_null=True)
    employee_number = serializers.CharField()
    employee_type = serializers.ChoiceField(User.EmployeeType.choices)
    status = serializers.ChoiceField(User.Status.choices)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="Last day on which the person can sign in.")
    time_zone = serializers.CharField()
    locale = serializers.CharField(help_text="Empty where it is left to the browser.")
    is_staff = serializers.BooleanField(help_text="May enter the administration.")
    is_superuser = serializers.BooleanField()
    last_sign_in_at = serializers.DateTimeField(allow_null=True)
    locked_until = serializers.DateTimeField(allow_null=True)
    password_changed_at = serializers.DateTimeField(allow_null=True)
    password_expires_at = serializers.DateTimeField(allow_null=True)
    invited_until = serializers.DateTimeField(
        allow_null=True, help_text="When the link of their invitation ends, while one is open."
    )
    attributes = AttributeValues(
        source="attributes_shown",
        help_text="By name, those in use that the person has: people by their ids, numbers in digits.",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PeopleQuery(PageQuery):
    status = serializers.ChoiceField(User.Status.choices, required=False)
    department = serializers.CharField(max_length=NAME, required=False)
    username = serializers.CharField(
        max_length=NAME, required=False, help_text="Upper and lower case are the same."
    )
    email = serializers.EmailField(required=False, help_text="Upper and lower case are the same.")
    employee_number = serializers.CharField(max_length=64, required=False)
    manager = serializers.UUIDField(required=False)
    unit = serializers.UUIDField(required=False, help_text="Who is directly in it.")
    group = serializers.UUIDField(required=False, help_text="Who belongs to it by a membership of their own.")


class NewPersonBody(Input):
    username = serializers.RegexField(
        r"^[A-Za-z0-9._@+-]+$",
        max_length=NAME,
        help_text="What they type to sign in. Letters, digits and . _ @ + -",
    )
    email = serializers.EmailField(max_length=254, allow_blank=True, default="")
    given_name = serializers.CharField(max_length=NAME, allow_blank=True, default="")
    family_name = serializers.CharField(max_length=NAME, allow_blank=True, default="")
    department = serializers.CharField(max_length=NAME, allow_blank=True, default="")
    job_title = serializers.CharField(max_length=NAME, allow_blank=True, default="")
    unit = serializers.UUIDField(allow_null=True, default=None)
    attributes = AttributeValues(
        default=dict, help_text="By name; those that are required cannot be left out."
    )
    password = serializers.CharField(
        max_length=1024,
        trim_whitespace=False,
        required=False,
        write_only=True,
        help_text="Takes the scope `gatehouse:credentials.write` too. Without one the person cannot sign in yet.",
    )
    must_change = serializers.BooleanField(
        default=True, help_text="The password lets them in once, to the page on which they choose another."
    )


class PersonChange(Input):
    username = serializers.RegexField(r"^[A-Za-z0-9._@+-]+$", max_length=NAME, required=False)
    email = serializers.EmailField(max_length=254, allow_blank=True, required=False)
    is_email_verified = serializers.BooleanField(required=False)
    given_name = serializers.CharField(max_length=NAME, allow_blank=True, required=False)
    family_name = serializers.CharField(max_length=NAME, allow_blank=True, required=False)
    display_name = serializers.CharField(max_length=300, required=False)
    department = serializers.CharField(max_length=NAME, allow_blank=True, required=False)
    unit = serializers.UUIDField(allow_null=True, required=False)
    job_title = serializers.CharField(max_length=NAME, allow_blank=True, required=False)
    manager = serializers.UUIDField(allow_null=True, required=False)
    employee_number = serializers.CharField(max_length=64, allow_blank=True, required=False)
    employee_type = serializers.ChoiceField(User.EmployeeType.choices, required=False)
    starts_on = serializers.DateField(allow_null=True, required=False)
    ends_on = serializers.DateField(allow_null=True, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    locale = serializers.CharField(max_length=16, allow_blank=True, required=False)
    attributes = AttributeValues(
        required=False, help_text="By name, those that are to be different; null to have no value."
    )


class PasswordBody(Input):
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    must_change = serializers.BooleanField(
        default=True,
        help_text="It lets them in once, to the page on which they choose one that nobody else knows.",
    )


class PeopleApi(ApiView):
    tag = "People"
    shown = Person

    def person(self, key: UUID) -> Any:
        return with_attributes([self.one_of(self._rows(), key)])[0]

    def locked_person(self, key: UUID) -> Any:
        return with_attributes([self.locked(self._rows(), key)])[0]

    def _rows(self) -> QuerySet[Any]:
        return with_invitation(people(), now=self.now)

    def unit(self, key: UUID | None) -> Unit | None:
        """Raises: InvalidFields."""
        return None if key is None else there(Unit.objects.all(), key, "#/unit")


class PeopleView(PeopleApi):
    @operation("list_users", "List people", SEE_PEOPLE, query=PeopleQuery, answer=Person, is_list=True)
    def get(self, request: Any) -> HttpResponse:
        rows = _narrowed(self._rows(), self.query)
        return self.show_page(page_of(rows, self.query, read=lambda page: with_attributes(list(page))))

    @operation(
        "create_user",
        "Add a person",
        ADD_PEOPLE,
        body=NewPersonBody,
        answer=Person,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        values = self.body()
        password, must_change = values.pop("password", None), values.pop("must_change")
        if password is not None:
            self.require(SET_CREDENTIALS)
        values["unit"] = self.unit(values["unit"])
        values["attributes"] = as_typed(values["attributes"])
        person = create_person(
            details=NewPerson(**values),
            password=password,
            must_change=password is not None and must_change,
            actor=self.caller.actor,
            origin=self.origin,
            now=self.now,
        )
        location = reverse("api:user", args=(person.pk,))
        return self.show(self.person(person.pk), status=HTTPStatus.CREATED, location=location)


class PersonView(PeopleApi):
    @operation("get_user", "One person", SEE_PEOPLE, answer=Person, has_etag=True)
    def get(self, request: Any, user_id: UUID) -> HttpResponse:
        return self.show(self.person(user_id))

    @operation(
        "change_user",
        "Change a person's record",
        CHANGE_PEOPLE,
        body=PersonChange,
        is_partial=True,
        answer=Person,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, user_id: UUID) -> HttpResponse:
        """What is not named stays. User name, e-mail and its mark take `gatehouse:credentials.write` too."""
        changes = self.body()
        attributes = as_typed(changes.pop("attributes", {}))
        if changes.keys() & set(SIGNING_IN):
            self.require(SET_CREDENTIALS)
        if changes.get("manager") is not None:
            changes["manager"] = there(people(), changes["manager"], "#/manager")
        if "unit" in changes:
            changes["unit"] = self.unit(changes["unit"])
        with transaction.atomic():
            person = self.locked_person(user_id)
            self.expect_guards_pass("user", person)
            self.expect_unchanged(person)
            change_person_as(
                person=person,
                changes=changes,
                attributes=attributes,
                by=self.caller.by,
                writing=Writing.of(self),
            )
            return self.show(self.person(user_id))


class StandingView(PeopleApi):
    """Each subclass leads to one status."""

    status: User.Status

    def lead(self, user_id: UUID) -> HttpResponse:
        with transaction.atomic():
            person = self.locked(people(), user_id)
            self.expect_guards_pass("user", person)
            change_standing(person=person, status=self.status, by=self.caller.by, writing=Writing.of(self))
            return self.show(self.person(user_id))


class SuspendView(StandingView):
    status = User.Status.SUSPENDED

    @operation(
        "suspend_user", "Suspend a person", CHANGE_PEOPLE, answer=Person, has_etag=True, may_conflict=True
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        """They cannot sign in until they are reactivated, and what they have open ends for good."""
        return self.lead(user_id)


class ReactivateView(StandingView):
    status = User.Status.ACTIVE

    @operation(
        "reactivate_user",
        "Let a suspended person in again",
        CHANGE_PEOPLE,
        answer=Person,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        return self.lead(user_id)


class DeprovisionView(StandingView):
    status = User.Status.DEPROVISIONED

    @operation(
        "deprovision_user",
        "Say goodbye to a person for good",
        CHANGE_PEOPLE,
        answer=Person,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        """Nothing takes it back: sessions end, authorizations are revoked; the record and its name in the log stay."""
        return self.lead(user_id)


class UnlockView(PeopleApi):
    @operation(
        "unlock_user",
        "Lift a person's lock after too many wrong passwords",
        CHANGE_PEOPLE,
        answer=Person,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        person = self.one_of(people(), user_id)
        self.expect_guards_pass("user", person)
        if not unlock_person(user=person, actor=self.caller.actor, origin=self.origin, now=self.now):
            raise Conflict("not locked")
        return self.show(self.person(user_id))


class InviteView(PeopleApi):
    @operation(
        "invite_user",
        "Invite a person by mail",
        SET_CREDENTIALS,
        answer=Person,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        """With a link by which they choose their first password; the link of a former invitation ends.

        Refused with 409 where the person has a password or no address, and where no mail is sent.
        """
        person = self.one_of(people(), user_id)
        self.expect_guards_pass("user", person)
        self.expect_within_reach("user", person)
        if not invite_person(user=person, actor=self.caller.actor, origin=self.origin, now=self.now):
            raise Conflict("not invited")
        return self.show(self.person(user_id))


class WithdrawInvitationView(PeopleApi):
    @operation(
        "withdraw_invitation",
        "Withdraw a person's invitation",
        CHANGE_PEOPLE,
        answer=Person,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        """The link that they were sent, or handed, works no more."""
        person = self.one_of(people(), user_id)
        self.expect_guards_pass("user", person)
        if not withdraw_invitation(user=person, actor=self.caller.actor, origin=self.origin, now=self.now):
            raise Conflict("not invited")
        return self.show(self.person(user_id))


class PasswordView(PeopleApi):
    @operation(
        "set_password",
        "Set a person's password",
        SET_CREDENTIALS,
        body=PasswordBody,
        status=HTTPStatus.NO_CONTENT,
        may_conflict=True,
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        """Only of others, who hold nothing that whoever acts lacks. What they have open ends."""
        values = self.body()
        person = self.one_of(people(), user_id)
        if person.pk == self.caller.by.pk:
            raise OwnPassword
        self.expect_guards_pass("user", person)
        self.expect_within_reach("user", person)
        if person.status == User.Status.DEPROVISIONED:
            raise Conflict("deprovisioned")
        set_password(
            user=person,
            password=values["password"],
            must_change=values["must_change"],
            actor=self.caller.actor,
            origin=self.origin,
            now=self.now,
        )
        return self.done()


def _narrowed(rows: QuerySet[User], query: Any) -> QuerySet[User]:
    """Each by what has an index."""
    equal = {
        "status": "status",
        "department": "department",
        "unit": "unit_id",
        "manager": "manager_id",
        "employee_number": "employee_number",
    }
    for name, field in equal.items():
        if name in query:
            rows = rows.filter(**{field: query[name]})
    if "username" in query:
        rows = rows.alias(lower_username=Lower("username")).filter(lower_username=query["username"].lower())
    if "email" in query:
        # The condition is that of the unique index.
        rows = (
            rows.alias(lower_email=Lower("email"))
            .filter(lower_email=query["email"].lower())
            .exclude(email="")
        )
    if "group" in query:
        rows = rows.filter(group_memberships__group_id=query["group"])
    return rows
