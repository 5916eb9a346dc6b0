class UnknownMail(LookupError):
    """No app registered this kind of mail."""
