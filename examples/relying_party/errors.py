"""What can go wrong for a person in Acme Payroll; each error carries the words and next step of its page."""


class Problem(Exception):
    """`detail` is for the log only; it never reaches the page."""

    status = 400
    title = "We could not sign you in"
    message = "Something in the answer from Gatehouse was not what we expected, so we did not use it."
    action = "Sign in again"
    target = "/sign-in"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail


class AnswerNotTrusted(Problem):
    """The answer is not for this browser, not from this issuer, or does not verify."""


class SignInExpired(Problem):
    title = "That sign-in is no longer open"
    message = (
        "It was started in another browser, was already used, or waited too long. "
        "Nothing is wrong with your account."
    )


class SignInRefused(Problem):
    status = 403
    title = "You are not signed in"
    message = "Gatehouse did not let this sign-in through."
    action = "Try again"


class PersonSaidNo(SignInRefused):
    message = (
        "You chose not to share your details with Acme Payroll. Without them it cannot show your payslips."
    )


class NoAccess(SignInRefused):
    """Trying again as the same person would end here again, so the next step asks who they are."""

    title = "Your account has no access"
    message = "Ask whoever runs Acme Payroll, or your administrator, to give it to you."
    action = "Sign in with another account"
    target = "/sign-in?prompt=login"


class SessionEnded(Problem):
    status = 403
    title = "Your session has ended"
    message = "Gatehouse no longer lets Acme Payroll act for you. Sign in again to go on."


class GatehouseUnavailable(Problem):
    status = 503
    title = "Sign-in is not available right now"
    message = "Gatehouse did not answer. Wait a minute, then try again; nothing has been lost."
    action = "Try again"
    target = "/"


class RequestRefused(Problem):
    status = 403
    title = "That request did not come from this page"
    message = "To protect you, we only accept it from Acme Payroll itself."
    action = "Back to Acme Payroll"
    target = "/"


class PayslipsUnavailable(Exception):
    """The page is shown without payslips; `message` says why in the person's words.

    `may_be_allowed`: signing in again and allowing it would help.
    """

    def __init__(self, message: str, detail: str = "", *, may_be_allowed: bool = False) -> None:
        super().__init__(detail or message)
        self.message = message
        self.may_be_allowed = may_be_allowed
