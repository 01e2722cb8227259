"""A curious officer: canary words wherever they must not see, and a crawl through everything that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.contrib import admin
from django.db import connection
from django.db.models import CharField, Model, QuerySet, TextField
from django.test import Client

from attestation import access
from attestation.admin.actions import actions_on
from attestation.models import AccountRequest, Center, ImportJob, Notice, ReadyEffect, Role, User
from attestation.names import as_folded
from tests.appeals.blind_cast import narrowed
from tests.attestation.admin_cast import client_of, url
from tests.factories import CareerCenterFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import decided
from tests.tables.matrix_cast import Cell, World, ask, cells
from tests.tables.page_cast import name_of

# Typed into a search the word stands alone; in a record a number follows: no echo is taken for a leak.
WORD, IIN, MAIL = "Qanary", "99887", "qanary"
PLANTED = re.compile(rf"{WORD}\d+|(?<!\d){IIN}\d{{7}}(?!\d)", re.IGNORECASE)
LINK = re.compile(r'(?:href|action|data-url)="([^"#]+)"')
Request = tuple[str, str, dict[str, Any]]
READERS = ("elsewhere", "career")


def reader_of(world: World, who: str) -> User:
    """An officer of the other region; or one of a career centre beside the one that the record is about."""
    if who == "elsewhere":
        return world.there.officer
    home = world.record.office.region
    sister = CareerCenterFactory(parent=home.center)
    decided(90, employee=EmployeeFactory(center=sister), cycle=world.record.office.cycle)
    officer: User = UserFactory(role=Role.HR, center=sister)
    return officer


def hidden_from(reader: User, model: type[Model]) -> QuerySet[Any]:
    """The rows of centres that the reader does not see; of accounts those that belong to a centre."""
    rows: QuerySet[Any] = model._default_manager.order_by("pk")
    if model is User:
        rows = rows.filter(center__isnull=False)
    return rows.exclude(pk__in=access.scoped(reader, rows).values("pk"))


def plant(reader: User) -> int:
    """Write a canary into each text of each row that the reader must not see; how many."""
    parent = reader.center.parent_id if reader.center is not None else None
    models: list[type[Model]] = [*access.CENTER_PATHS, Notice, ImportJob, ReadyEffect, AccountRequest]
    planted = 0
    with unchecked():
        for model in models:
            for row in hidden_from(reader, model):
                values: dict[str, str] = {}
                for field in model._meta.concrete_fields:
                    # A career centre is told the name of the centre that it belongs to.
                    told = model is Center and row.pk == parent and field.name.startswith("name_")
                    if not field.choices and not told:
                        values |= canary(field, planted + len(values))
                model._base_manager.filter(pk=row.pk).update(**values)
                planted += len(values)
    return planted


def canary(field: Any, number: int) -> dict[str, str]:
    """What to write into the field; nothing where it is no text or too short."""
    if not isinstance(field, (CharField, TextField)):
        return {}
    if field.name in ("iin", "bin"):
        return {field.name: f"{IIN}{number:07d}"}
    text = f"{WORD}{number}"
    if "folded" in field.name:
        text = as_folded(text)
    elif field.name == "email":
        text = f"{MAIL}{number}@example.kz"
    return {field.name: text} if field.max_length is None or len(text) <= field.max_length else {}


@contextmanager
def unchecked() -> Iterator[None]:
    """Without what the database would refuse; the triggers come back with the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for row in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{row[0]}"')
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


# --- what is asked ----------------------------------------------------------------------------------------


def written_down(known: dict[tuple[str, str], Cell]) -> Iterator[Request]:
    """Each address of the table of who may what, about the rows of all."""
    for cell in known.values():
        yield "GET", cell.path, {}
        yield "POST", cell.path, cell.data


def about_each(reader: User, most: int) -> Iterator[Request]:
    """The pages and the acts of so many rows of each table that the reader must not see."""
    for model, page in admin.site._registry.items():
        name = name_of(model)
        for key in hidden_from(reader, model).values_list("pk", flat=True)[:most]:
            for kind in ("change", "history", "delete"):
                yield "GET", url(f"{name}_{kind}", key), {}
                yield "POST", url(f"{name}_{kind}", key), {"post": "yes"}
            for act in actions_on(model) if hasattr(page, "action_view") else ():
                yield "GET", url(f"{name}_act", key, act.slug), {}
                yield "POST", url(f"{name}_act", key, act.slug), {"reason": "х"}


def searched(client: Client) -> Iterator[Request]:
    """Each list with each search, order and filter; each choice that is found by typing; the one box."""
    marks = [WORD, f"{IIN}0000001", f"{MAIL}1@"]
    for model, page in admin.site._registry.items():
        for method, address in narrowed(client, url(f"{name_of(model)}_changelist"), marks):
            yield method, address, {}
        for column in page.autocomplete_fields:
            choices = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
            for mark in ("", *marks):
                yield "POST", url("autocomplete"), {**choices, "field_name": column, "term": mark}
    for mark in marks:
        yield "POST", url("search"), {"q": mark}


def followed(client: Client, most: int) -> Iterator[tuple[Request, list[str]]]:
    """From the home page on, every link and every form's address, so many; with what each tells."""
    waiting, seen = [url("index")], {url("index")}
    while waiting and most > 0:
        path, most = waiting.pop(0), most - 1
        answer = ask(client, "GET", path, {})
        yield ("GET", path, {}), leaks(answer, path)
        for link in [*LINK.findall(answer.text), answer.location]:
            target = urljoin(path, unescape(link))
            if urlsplit(target).path.startswith("/admin/") and target not in seen:
                seen.add(target)
                waiting.append(target)


def leaks(answer: Any, asked: str) -> list[str]:
    """What the answer tells in its body, its headers or a message, but for what was asked."""
    text = "\n".join([answer.text, answer.headers, *answer.said])
    return sorted({found for found in PLANTED.findall(text) if found not in unquote(asked)})


def crawl(world: World, who: str, *, rows: int, links: int, part: int | None) -> tuple[int, list[str]]:
    """How many answers there were, and each that tells a canary. `part`: of what is written down so many."""
    known = cells(world)
    reader = reader_of(world, who)
    assert plant(reader) > 300
    client = client_of(reader)
    asked = [*written_down(known), *about_each(reader, rows)]
    asked += searched(client)
    if part is not None:
        asked = asked[:: max(1, len(asked) // part)]
    count, told = 0, []
    for method, path, data in asked:
        count += 1
        found = leaks(ask(client, method, path, data), f"{path} {data}")
        told += [f"{method} {path}: {mark}" for mark in found]
    for (method, path, _data), found in followed(client, links):
        count += 1
        told += [f"{method} {path}: {mark}" for mark in found]
    return count, told
