"""F-D23: the database is full, read-only or gone in the middle of an act: a page says so, nothing is
half-written, and the same step works once the trouble is over, without anybody restarting anything."""

from __future__ import annotations

import errno
import re
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError, InternalError, OperationalError, connection
from django.test import Client

from attestation import journal
from attestation.models import Attestation, JournalEntry, Role, Status, User
from attestation.patience import TRIES
from config.sessions import SessionStore
from config.unavailable import gave_out
from tests.attestation.admin_cast import url
from tests.binding import done
from tests.factories import UserFactory
from tests.jobs.story import Story
from tests.siblings_cast import footprint

LONG_REASON = "Себебі: " + "ұзақ мәтін " * 350
REFERENCE = re.compile(r"<b>([0-9A-F]{8})</b>")


def caused(error: Exception, cause: Exception) -> Exception:
    """As Django wraps what the driver raised."""
    error.__cause__ = cause
    return error


def sqlite_error(code: int) -> sqlite3.OperationalError:
    found = sqlite3.OperationalError("x")
    found.sqlite_errorcode = code  # type: ignore[misc]  # the driver sets it
    return found


class WithState(Exception):
    """A driver's error with its code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (caused(OperationalError(), sqlite_error(sqlite3.SQLITE_FULL)), True),
        (caused(OperationalError(), sqlite_error(sqlite3.SQLITE_READONLY)), True),
        (caused(OperationalError(), sqlite_error(sqlite3.SQLITE_BUSY)), True),
        (caused(OperationalError(), sqlite_error(sqlite3.SQLITE_ERROR)), False),
        (caused(OperationalError(), WithState("57P01")), True),
        (caused(InternalError(), WithState("25006")), True),
        (caused(InternalError(), WithState("25P02")), False),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (DatabaseError(), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_f_d23_only_what_passes_by_itself_is_called_unavailable(
    error: BaseException | None, passing: bool
) -> None:
    assert gave_out(error) is passing


def test_f_d23_an_error_that_hides_another_is_seen_through() -> None:
    hiding = RuntimeError("rollback failed")
    hiding.__context__ = caused(OperationalError(), WithState("57P01"))
    assert gave_out(hiding)


# --- a real database that gives out -------------------------------------------------------------------------


@pytest.fixture
def case(transactional_db: None) -> Attestation:
    """A case on a list, that the administrator is about to close with a reason."""
    story = Story()
    return story.listed(story.employee())


@pytest.fixture
def administrator(case: Attestation) -> User:
    return UserFactory(username="adm", role=Role.ADMINISTRATOR)


def close(client: Client, case: Attestation) -> Any:
    return done(client, url("attestation_attestation_act", case.pk, "close"), {"reason": LONG_REASON})


@contextmanager
def full_disk() -> Iterator[None]:
    """SQLite may not take another page: what it says is what it says when the disk is full."""
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        free = cursor.execute("PRAGMA freelist_count").fetchone()[0]
        # What is free inside the file is taken first.
        cursor.execute("CREATE TABLE filler (content BLOB)")
        cursor.execute("INSERT INTO filler VALUES (zeroblob(%s))", [(free + 1) * 4096])
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield
        cursor.execute("PRAGMA max_page_count = 4294967294")
        cursor.execute("DROP TABLE filler")


@contextmanager
def read_only() -> Iterator[None]:
    """As on a standby, or with the file's rights taken away: reading goes, writing does not."""
    on, off = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            yield
        finally:
            cursor.execute(off)


@pytest.mark.parametrize("trouble", [full_disk, read_only])
def test_f_d23_an_act_on_a_full_or_read_only_database(
    case: Attestation, administrator: User, trouble: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    if trouble is full_disk and connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's own disk can't be filled here; it raises the same class of error")
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    before = footprint()
    with trouble():
        answer = close(client, case)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    for words in ("Жүйе қазір қолжетімсіз", "Система сейчас недоступна", "The system is not available now"):
        assert words in page
    reference = REFERENCE.search(page)
    assert reference is not None
    assert any(f"reference {reference[1]}" in record.getMessage() for record in caplog.records)
    assert footprint() == before
    case.refresh_from_db()
    assert case.status == Status.LISTED
    assert close(client, case).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    assert JournalEntry.objects.filter(act="close", attestation=case).count() == 1
    assert journal.verify() is None


def test_f_d23_a_database_that_can_only_be_read_shows_pages_and_says_503_where_it_must_write(
    case: Attestation, administrator: User
) -> None:
    """Reading writes nothing while the session is fresh; where it is to be refreshed, 503 and never 400."""
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    path = url("attestation_attestation_changelist")
    assert client.get(path).status_code == 200
    before = footprint()
    with read_only():
        assert client.get(path).status_code == 200
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=settings.SESSION_REFRESH_AGE)):
            late = client.get(path)
        act = close(client, case)
    assert (late.status_code, act.status_code) == (503, 503)
    assert "Nothing was changed. Open the page again in a minute." in late.content.decode()
    assert "look whether it was done" in act.content.decode()
    assert REFERENCE.search(late.content.decode())
    assert footprint() == before
    assert client.get(path).status_code == 200


def test_f_d23_a_session_that_cannot_be_saved_after_the_act_was_committed(
    case: Attestation, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database gives out between the act's commit and the session: 503, and it is done once."""
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    really = SessionStore.save

    def save(store: SessionStore, must_create: bool = False) -> None:
        with read_only():
            really(store, must_create)

    monkeypatch.setattr(SessionStore, "save", save)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=settings.SESSION_REFRESH_AGE)):
        answer = close(client, case)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "look whether it was done" in answer.content.decode()
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    assert JournalEntry.objects.filter(act="close", attestation=case).count() == 1
    # Somebody who does it again all the same is told that it is done.
    assert close(client, case).status_code == 422
    assert JournalEntry.objects.filter(act="close", attestation=case).count() == 1


def test_a_session_deleted_meanwhile_is_still_called_so(administrator: User) -> None:
    store = SessionStore()
    store.create()
    Session.objects.filter(session_key=store.session_key).delete()
    with pytest.raises(UpdateError):
        store.save()


def test_f_d23_another_error_is_no_excuse(
    case: Attestation, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(journal, "record", broken)
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    answer = close(client, case)
    assert answer.status_code == 500
    assert REFERENCE.search(answer.content.decode())
    assert "mistake" not in answer.content.decode()


# --- a connection that is cut -------------------------------------------------------------------------------


class Browser:
    """Requests to the running server, each on the thread and the connection that it happens to get."""

    def __init__(self, base: str, session: str) -> None:
        self.base, self.cookies = base, {settings.SESSION_COOKIE_NAME: session}

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self.base + path))

    def post(self, path: str, values: dict[str, str]) -> tuple[int, str]:
        _status, page = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        body = urllib.parse.urlencode({**values, "csrfmiddlewaretoken": token[1]}).encode()
        return self._ask(urllib.request.Request(self.base + path, data=body))

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found, page, status = answer.headers, answer.read().decode(), answer.status
        except urllib.error.HTTPError as error:
            found, page, status = error.headers, error.read().decode(), error.code
        for line in found.get_all("Set-Cookie") or ():
            name, _equals, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return status, page


@pytest.mark.postgres
def test_f_d23_the_connection_is_cut_in_the_middle_of_an_act(
    case: Attestation, administrator: User, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pg_terminate_backend` at each try: the transaction is gone, the next request connects anew."""
    client = Client()
    client.force_login(administrator)
    browser = Browser(live_server.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    path = url("attestation_attestation_act", case.pk, "close")
    really, cut = journal.record, []

    def cut_then_record(*args: Any, **values: Any) -> Any:
        from django.db import connection as theirs

        if len(cut) < TRIES:
            cut.append(theirs.connection.info.backend_pid)
            another = theirs.copy()
            with closing(another), another.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", cut[-1:])
        return really(*args, **values)

    _status, page = browser.post(path, {"reason": "бас тартты"})
    found = re.search('name="shown" value="([0-9a-f]+)"', page)
    assert found is not None
    as_shown = {"reason": "бас тартты", "step": "save", "shown": found[1]}
    monkeypatch.setattr(journal, "record", cut_then_record)
    before = footprint()
    status, page = browser.post(path, as_shown)
    assert (status, len(cut)) == (503, TRIES)
    assert REFERENCE.search(page)
    assert footprint() == before
    case.refresh_from_db()
    assert case.status == Status.LISTED
    for _attempt in range(4):  # whichever thread, and with it whichever connection, answers
        assert browser.get("/healthz")[0] == 200
    status, page = browser.post(path, as_shown)
    assert status == 200, page
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    assert journal.verify() is None
