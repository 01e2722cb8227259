"""Lines of the log name what they belong to: the request, the account, the task, the error page."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from attestation.models import Role
from config import logs
from config.celery import app, name_no_task_any_more, name_the_task_in_the_log
from office.sweep import DELIVER_EVERY_S, SWEEP_EVERY_S
from tests.attestation.admin_cast import client_of, url
from tests.factories import UserFactory


class Lines(logging.Handler):
    """What the product's handler would write, formatted at once as it does."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(json.loads(logs.JsonLines().format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler.written
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_the_error_page_and_its_traceback_are_one_line_with_request_and_user(
    lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory(role=Role.ADMINISTRATOR, center=None)
    client = client_of(user)
    client.raise_request_exception = False

    def broken(request: HttpRequest) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("office.health.health.lines", broken)
    answer = client.get(url("health"), headers={"x-request-id": "proxy-4711-a"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "proxy-4711-a")
    (line,) = [one for one in lines if one["level"] == "ERROR"]
    assert f"<b>{line['reference']}</b>" in answer.content.decode()
    assert "KeyError: 'lost'" in line["traceback"]
    assert (line["request"], line["user"]) == ("proxy-4711-a", user.username)


@pytest.mark.django_db
def test_what_django_logs_after_the_middleware_is_of_the_request_too(lines: list[dict[str, Any]]) -> None:
    answer = Client().get("/nowhere/")
    (line,) = [one for one in lines if one["logger"] == "django.request"]
    assert line["request"] == answer.headers["X-Request-ID"]
    assert "user" not in line
    logging.getLogger("x").warning("later")
    assert "request" not in lines[-1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "short", "880101300123", "r-880101300123", "a" * 65, "with a space", "x\u00e9" * 8]
)
def test_an_id_that_is_none_or_a_persons_number_is_replaced(given: str) -> None:
    answer = Client().get("/healthz", headers={"x-request-id": given})
    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 16


def test_a_tasks_lines_name_it_and_the_workers_own_do_not(lines: list[dict[str, Any]]) -> None:
    task = type("Task", (), {"name": "office.tasks.sweep"})()
    name_the_task_in_the_log(task_id="0b1c", task=task)
    logging.getLogger("x").warning("finished in 0.123456789012345s")
    name_no_task_any_more()
    logging.getLogger("x").warning("idle")
    assert {key: lines[0][key] for key in ("task", "request", "message")} == {
        "task": "office.tasks.sweep",
        "request": "0b1c",
        "message": "finished in 0.123s",
    }
    assert "task" not in lines[1]


def test_a_message_of_beat_expires_when_the_next_one_is_due() -> None:
    schedule = app.conf.beat_schedule
    assert {entry["schedule"] == entry["options"]["expires"] for entry in schedule.values()} == {True}
    assert schedule["sweep"]["options"]["expires"] == SWEEP_EVERY_S
    assert schedule["deliver"]["options"]["expires"] == DELIVER_EVERY_S
    assert {entry["task"] for entry in schedule.values()} == {
        "office.tasks.sweep",
        "office.tasks.deliver",
        "office.tasks.imports",
        "office.tasks.replay_due",
    }
