"""A person in a picker: two of them may have one name, never one user name."""

from apps.directory.models import User


def name_and_username(person: User) -> str:
    if person.display_name.casefold() == person.username.casefold():
        return person.username
    return f"{person.display_name} ({person.username})"
