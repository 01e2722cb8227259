"""A person's browser in front of the product: cookies, the token of a form, the address behind a proxy."""

from __future__ import annotations

import html
import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tests.faults.stack import HOST

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
WAITS_S = 20
FORM, UPLOAD = "application/x-www-form-urlencoded", "multipart/form-data; boundary=the-next-part"


class NoAnswer(OSError):
    """The server was gone, said 5xx, or asks to log in again: whoever clicked does not know what was done."""


@dataclass(frozen=True)
class Page:
    """An answer."""

    status: int
    body: str
    location: str

    def value(self, name: str) -> str:
        """What a hidden field of the form holds."""
        found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', self.body)
        return html.unescape(found.group(1)) if found else ""

    @property
    def token(self) -> str:
        found = TOKEN.search(self.body)
        return found.group(1) if found else ""


@dataclass
class Browser:
    """Speaks to gunicorn as the proxy before it does, over https as far as the product can tell."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    secure: bool = True
    # The pages that said 5xx.
    unavailable: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return HOST

    def _ask(self, method: str, path: str, body: str | bytes = "", kind: str = FORM) -> Page:
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Referer": f"https://{HOST}{path}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers["Content-Type"] = kind
        there = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAITS_S)
        try:
            there.request(method, path, body or None, headers)
            answer = there.getresponse()
            text = answer.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise NoAnswer(str(error)) from error
        finally:
            there.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        if answer.status >= 500:
            self.unavailable.append(text)
            raise NoAnswer(f"{method} {path}: {answer.status}")
        return Page(answer.status, text, urlsplit(answer.headers.get("Location") or "").path)

    def get(self, path: str) -> Page:
        """Read a page. Raises NoAnswer and OSError."""
        return self._ask("GET", path)

    def post(self, path: str, **values: object) -> Page:
        """Open the form, fill in, send. Raises NoAnswer and OSError; also where the form is not there."""
        form = self.get(path)
        if form.status != 200 or not form.token:
            raise NoAnswer(f"no form at {path}: {form.status} {form.location}")
        return self.send(path, form, **values)

    def act(self, path: str, **values: object) -> Page:
        """Post; where the page says first what follows, do that, and again where it has changed meanwhile."""
        answer = self.post(path, **values)
        while answer.status == 200 and (shown := answer.value("shown")):
            answer = self.send(path, answer, **values, step="save", shown=shown)
        return answer

    def send(self, path: str, form: Page, **values: object) -> Page:
        """Send a form that is open."""
        answer = self._ask("POST", path, urlencode({"csrfmiddlewaretoken": form.token, **values}))
        if answer.location.endswith("/login/"):
            raise NoAnswer("logged out")
        return answer

    def upload(self, path: str, form: Page, name: str, data: bytes) -> Page:
        """Send a form that is open with a file. Raises NoAnswer and OSError."""
        part = '--the-next-part\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
        token = part.format("csrfmiddlewaretoken", "") + form.token + "\r\n"
        head = token + part.format("file", f'; filename="{name}"')
        return self._ask("POST", path, head.encode() + data + b"\r\n--the-next-part--\r\n", UPLOAD)

    def log_in(self, username: str, password: str) -> None:
        """Raises NoAnswer where it does not work."""
        self.cookies.clear()
        form = self.get("/admin/login/")
        answer = self._ask(
            "POST",
            "/admin/login/",
            urlencode(
                {
                    "csrfmiddlewaretoken": form.token,
                    "username": username,
                    "password": password,
                    "next": "/admin/",
                }
            ),
        )
        if answer.status != 302:
            raise NoAnswer(f"not logged in: {answer.status}")
