"""People as those to whom mail goes."""

from django.conf import settings

from apps.directory.selectors import person, subject_of, time_zone_of
from apps.mail.ports import Recipient


class PeopleAsRecipients:
    def find(self, person_id: str) -> Recipient | None:
        user = person(person_id)
        if user is None:
            return None
        return Recipient(
            person=subject_of(user),
            name=user.get_full_name(),
            address=user.email,
            is_address_verified=user.is_email_verified,
            language=user.locale or settings.LANGUAGE_CODE,
            time_zone=time_zone_of(user),
        )
