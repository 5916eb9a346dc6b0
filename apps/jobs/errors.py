class JobFailed(Exception):
    """The attempt failed for a reason that an administrator may read: no secret, nothing personal."""


class LeaseLost(Exception):
    """The attempt took longer than it was given, and another worker has the job now: stop without a trace."""


class UnknownKind(LookupError):
    """No app registered this kind of job."""
