class JobFailed(Exception):
    """The attempt failed for a reason that an administrator may read: no secret, nothing personal.

    What is permanent is not tried again before an administrator says so.
    """

    def __init__(self, reason: str = "", *, is_permanent: bool = False) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent


class LeaseLost(Exception):
    """The attempt took longer than it was given, and another worker has the job now: stop without a trace."""


class UnknownKind(LookupError):
    """No app registered this kind of job."""


class UnknownTask(LookupError):
    """There is nothing of that name on the schedule."""
