"""A person with a browser, as far as signing in needs one: cookies, redirects and forms, but no scripts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

HOPS = 12


@dataclass
class Form:
    action: str
    carried: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Every form of a page: where it goes, and what it already carries."""

    def __init__(self, page: requests.Response) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._url = page.url
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(urljoin(self._url, attributes.get("action", "")))
            self.found.append(self._open)
        elif self._open is not None and tag in {"input", "button"}:
            name = attributes.get("name", "")
            self._open.names.add(name)
            if attributes.get("type") == "hidden":
                self._open.carried[name] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def with_field(self, name: str) -> Form | None:
        return next((form for form in self.found if name in form.names), None)


class Person:
    def __init__(self, *, username: str, password: str, http: requests.Session | None = None) -> None:
        self.username = username
        self.password = password
        self._http = http or requests.Session()

    def reach(self, destination: str, start: str) -> str:
        """Opens the address, signs in and consents if asked, and returns the address to which that led."""
        page = self._open("GET", start, destination)
        for _step in range(HOPS):
            if isinstance(page, str):
                return page
            forms = Forms(page)
            if login := forms.with_field("password"):
                typed = {"identifier": self.username, "password": self.password}
                page = self._send(login, typed, destination)
            elif consent := forms.with_field("action"):
                page = self._send(consent, {"action": "allow"}, destination)
            else:
                raise AssertionError(
                    f"{page.url} shows neither a sign-in nor a consent form:\n{page.text[:2000]}"
                )
        raise AssertionError(f"{destination} was not reached in {HOPS} steps")

    def is_asked_for_password(self, start: str, *, destination: str) -> bool:
        page = self._open("GET", start, destination)
        return not isinstance(page, str) and Forms(page).with_field("password") is not None

    def _send(self, form: Form, typed: dict[str, str], destination: str) -> requests.Response | str:
        return self._open("POST", form.action, destination, data=form.carried | typed)

    def _open(
        self, method: str, url: str, destination: str, data: dict[str, str] | None = None
    ) -> requests.Response | str:
        """The page at the end of the redirects, or the destination's address as soon as one leads there."""
        for _hop in range(HOPS):
            if url.startswith(destination):
                return url
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            headers = {"Origin": origin, "Referer": url} if method == "POST" else {}
            page = self._http.request(
                method, url, data=data, headers=headers, allow_redirects=False, timeout=30
            )
            assert page.status_code < 400, f"{url} answered {page.status_code}:\n{page.text[:2000]}"
            if not page.is_redirect:
                return page
            method, url, data = "GET", urljoin(url, page.headers["Location"]), None
        raise AssertionError(f"{url} redirects for ever")
