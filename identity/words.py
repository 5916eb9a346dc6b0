"""Words of the settings, marked for translation."""


def gettext_noop(message: str) -> str:
    """`makemessages` finds it by this name. Django's own asks for the settings, which are only being read here: what
    they refuse would be taken for read."""
    return message
