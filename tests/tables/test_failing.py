"""F-D23: whichever page is asked for, at whichever statement the database gives out: 503 with a reference."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg.errors
import pytest
from django.db import InternalError, OperationalError, connection, transaction
from django.test import Client

from config.unavailable import where_it_shows
from tests.attestation.admin_cast import at, url
from tests.config.test_unavailable import REFERENCE, caused, sqlite_error
from tests.shares import share
from tests.tables.doors import all_doors, pages
from tests.tables.office_cast import NOW
from tests.tables.page_cast import Address, addresses, at_the_screen, name_of
from tests.tables.test_pages import made_once, record, rows_of_everything
from tests.tables.test_sent_twice import ROLES, again, offered, press
from tests.tables.test_triggers import Record

__all__ = ["at", "made_once", "record"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frame_once")]

# As the drivers say that the disk is full, that writing is forbidden, that somebody was waited for too long,
# that the connection is gone.
KINDS: dict[str, tuple[Callable[[], Exception], ...]] = {
    "sqlite": tuple(
        (lambda code=code: caused(OperationalError(), sqlite_error(code)))  # type: ignore[misc]
        for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR)
    ),
    "postgresql": (
        lambda: caused(OperationalError(), psycopg.errors.DiskFull()),
        lambda: caused(InternalError(), psycopg.errors.ReadOnlySqlTransaction()),
        lambda: caused(OperationalError(), psycopg.errors.LockNotAvailable()),
        lambda: caused(OperationalError(), psycopg.errors.QueryCanceled()),
        lambda: caused(OperationalError(), psycopg.errors.DeadlockDetected()),
        lambda: caused(OperationalError(), psycopg.errors.AdminShutdown()),
    ),
}


@contextmanager
def fails_from(number: int, error: Callable[[], Exception]) -> Iterator[list[int]]:
    """From this statement on the database says so; the list holds how many it was asked."""
    asked = [0]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" in sql:
            return execute(sql, params, many, context)
        asked[0] += 1
        if asked[0] >= number:
            raise error()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield asked


def statements(client: Client, address: Address) -> int:
    """How many the page asks."""
    with fails_from(10**9, KINDS[connection.vendor][0]) as asked:
        ask(client, address)
    return asked[0]


def ask(client: Client, address: Address) -> Any:
    method, path = address
    return client.get(path) if method == "GET" else client.post(path, {"q": "Ах"})


def test_f_d23_every_page_on_a_database_that_gives_out(record: Record) -> None:
    """At the first statement, in the middle, at the last one, which is often the log of views."""
    client = at_the_screen(record, "administrator")
    client.raise_request_exception = False
    kinds, tried, wrong = KINDS[connection.vendor], 0, []
    every = addresses(record)
    chosen = share(every.items(), 5)
    for name, address in chosen:
        many = statements(client, address)
        for number in {1, many // 2 + 1, many} if many else ():
            with fails_from(number, kinds[tried % len(kinds)]) as asked:
                answer = ask(client, address)
            if asked[0] < number:
                continue  # what the first time kept in memory is not asked for again
            tried += 1
            if answer.status_code != 503 or not REFERENCE.search(answer.content.decode()):
                wrong.append((name, number, many, answer.status_code))
    assert wrong == []
    assert tried > 300 * len(chosen) // len(every)


@pytest.mark.once  # test_unavailable.py has real faults in the middle of an act on both databases
@pytest.mark.daily(2)
def test_f_d23_every_act_on_a_database_that_gives_out(record: Record) -> None:
    """In its middle, at its last statement, at the session: all of the act is on record, or nothing of it."""
    chosen = set(share(sorted(all_doors()), 3))
    acts, wrong = set[str](), list[Any]()
    for role in ROLES:
        for door, action, obj, client, user in offered(record, role, tuple(pages())):
            if door in acts or door not in chosen:
                continue
            client.raise_request_exception = False
            path = url(f"{name_of(type(obj))}_act", obj.pk, action.slug)
            with transaction.atomic():
                sent = press(client, path, action, obj, user, NOW)
                done = sent and tried(client, path, sent, 10**9)
                if done and done.status == 302 and done.rows != done.before:
                    acts.add(door)
                    for number in {done.asked // 2, done.asked - 1, done.asked}:
                        found = tried(client, path, sent, number)
                        whole = found.rows in (done.before, done.rows)
                        if found.asked >= number and (found.status != 503 or not found.said or not whole):
                            wrong.append((door, number, done.asked, found.status, found.said, whole))
                transaction.set_rollback(True)
    assert wrong == []
    # Of a third of them some days' are mostly such as nobody is offered here.
    assert len(acts) > (35 if chosen == all_doors() else len(chosen) / 4)


@dataclass
class Tried:
    """What came of a form: how many statements it took, the rows before and after, whether the page says how
    to find out.
    """

    status: int
    asked: int
    before: dict[str, int]
    rows: dict[str, int]
    said: bool


def tried(client: Client, path: str, sent: dict[str, Any], number: int) -> Tried:
    """Send it to a database that gives out at this statement; all of it is taken back."""
    with transaction.atomic():
        before = rows_of_everything()
        with fails_from(number, KINDS[connection.vendor][number % 3]) as asked:
            answer = client.post(path, again(sent))
        # The statement never reached the database, whose transaction is as good as before.
        transaction.set_rollback(False)
        page = answer.content.decode()
        said = "not certain" in page and f'href="{where_it_shows(path)}"' in page
        found = Tried(answer.status_code, asked[0], before, rows_of_everything(), said)
        transaction.set_rollback(True)
    return found


def test_f_d23_an_answer_for_a_script_is_one_for_a_script(record: Record) -> None:
    client = at_the_screen(record, "administrator")
    client.raise_request_exception = False
    with fails_from(1, KINDS[connection.vendor][0]):
        answer = client.post(url("autocomplete"), headers={"accept": "application/json, */*; q=0.01"})
    assert answer.status_code == 503
    assert len(answer.json()["reference"]) == 8


@pytest.mark.parametrize(("language", "words"), [("kk", "Жүйе қазір"), ("ru", "Система сейчас")])
def test_f_d23_the_reader_s_language_stands_first(record: Record, language: str, words: str) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    with fails_from(1, KINDS[connection.vendor][0]):
        page = client.post(url("login"), {"username": "a", "password": "b"}).content.decode()
    assert page.index(words) < page.index("The system is not available now")
    assert f'<html lang="{language}">' in page
    assert f'href="{url("login")}"' in page


@pytest.mark.parametrize(
    ("sent", "shows"),
    [
        ("/admin/attestation/attestation/7/do/close/", "/admin/attestation/attestation/7/change/"),
        ("/admin/appeals/sitting/7/names/", "/admin/appeals/sitting/7/change/"),
        ("/admin/appeals/sitting/add/", "/admin/appeals/sitting/"),
        ("/admin/attestation/readyeffect/", "/admin/attestation/readyeffect/"),
        ("/admin/attestation/importjob/upload/staff/", "/admin/attestation/importjob/"),
        ("/admin/account/", "/admin/account/"),
        ("/admin/logout/", "/admin/"),
        ("/language/", "/admin/"),
    ],
)
def test_f_d23_the_link_leads_to_where_the_step_would_show(sent: str, shows: str) -> None:
    assert where_it_shows(sent) == shows
