"""For who watches from outside: /healthz?full and /metrics by a token, and whom nobody hears."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from attestation.models import Heartbeat, JobRun, Role, RuleSet
from attestation.notices import mail_server
from config import checks
from office.health import health, leans_on
from office.health.line import BAD, GOOD, WAIT
from tests.attestation.admin_cast import MONDAY, at
from tests.factories import CenterFactory, EmployeeFactory, UserFactory

__all__ = ["at"]

NOW = MONDAY
TOKEN = "a-token-of-twenty-and-more"
db = pytest.mark.django_db


def ask(path: str, token: str = "") -> Any:
    return Client(headers={"authorization": f"Bearer {token}"} if token else {}).get(path)


def line(key: str) -> health.Line:
    return next(one for one in health.lines(NOW) if one.key == key)


@db
@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("path", ["/healthz?full", "/metrics"])
def test_without_the_setting_there_is_no_such_page_and_without_the_token_no_answer(
    path: str, settings: Any
) -> None:
    assert ask(path, TOKEN).status_code == 404
    settings.HEALTH_TOKEN = TOKEN
    for wrong in ("", "another", f"{TOKEN}x"):
        refused = ask(path, wrong)
        assert (refused.status_code, refused.content) == (401, b"")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert Client(headers={"authorization": f"Basic {TOKEN}"}).get(path).status_code == 401
    assert ask(path, TOKEN).status_code in (200, 503)
    assert Client(headers={"authorization": f"Bearer {TOKEN}"}).post(path).status_code == 405
    assert ask("/healthz").json() == {"status": "ok"}


@db
@pytest.mark.usefixtures("at")
def test_the_full_page_has_every_line_and_is_503_while_one_is_bad(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEALTH_TOKEN = TOKEN
    answer = ask("/healthz?full", TOKEN)
    assert (answer.status_code, answer.json()["tone"]) == (503, "bad")  # no sweep has run yet
    assert [one["key"] for one in answer.json()["details"]] == [one.key for one in health.lines(NOW)]
    monkeypatch.setattr(health, "lines", lambda now: [health.ready_line()])
    answer = ask("/healthz?full", TOKEN)
    assert (answer.status_code, answer.json()["tone"]) == (200, "good")


def figures() -> dict[tuple[str, ...], float]:
    text = ask("/metrics", TOKEN).content.decode()
    return {
        (sample.name.removeprefix("attestation_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@db
@pytest.mark.usefixtures("at")
def test_metrics_are_figures_of_the_moment_without_anybodys_name(settings: Any) -> None:
    settings.HEALTH_TOKEN = TOKEN
    assert ("sweep_age_seconds",) not in figures()
    JobRun.objects.create(name="sweep", started_at=NOW, finished_at=NOW - timedelta(minutes=7))
    Heartbeat.objects.create(name="celery@web1:7", kind="worker", seen_at=NOW - timedelta(seconds=40))
    Heartbeat.objects.create(name="celery@web2:7", kind="worker", seen_at=NOW - timedelta(seconds=400))
    employee, user = EmployeeFactory(), UserFactory()
    row = {"kind": "listed", "created_at": NOW - timedelta(hours=2), "not_before": NOW}
    employee.notices.create(key="1", **row)
    user.notices.create(key="2", state="failed", **row)
    found = figures()
    assert found["sweep_age_seconds",] == 420
    assert found["heartbeat_age_seconds", "worker"] == 40
    assert found["oldest_unsent_letter_seconds",] == 7200
    assert (found["outbox_notices", "queued"], found["outbox_notices", "failed"]) == (1, 1)
    assert (found["outbox_notices", "sent"], found["needs_attention",]) == (0, 0)
    assert found["waiting_for_confirmation",] == 0
    assert (found["health", "sweep"], found["health", "unsent"]) == (0, 1)
    text = ask("/metrics", TOKEN).content.decode()
    for private in (employee.iin, employee.last_name, user.username, "web1", "web2"):
        assert private not in text


@db
def test_a_centre_of_which_no_officer_hears_is_to_be_looked_at() -> None:
    assert line("officers").tone == GOOD
    mobility = CenterFactory()
    career = CenterFactory(kind="career", parent=mobility, region=mobility.region)
    employee = EmployeeFactory(center=career)
    assert (line("officers").tone, line("officers").state) == (WAIT, "1 centre")
    officer = UserFactory(role=Role.HR, center=mobility)
    assert line("officers").tone == GOOD
    officer.is_active = False
    officer.save()
    assert line("officers").tone == WAIT
    employee.left_on = NOW.date()
    employee.save()
    assert line("officers").tone == GOOD


@db
def test_an_empty_escalation_address_is_to_be_looked_at() -> None:
    RuleSet.objects.update(escalation_address="")
    assert (line("escalation").tone, line("escalation").state) == (WAIT, "is empty")
    RuleSet.objects.update(escalation_address="duty@ministry.example")
    assert line("escalation").tone == GOOD


@db
def test_the_mail_server_and_the_disk_have_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line("mail").tone == GOOD
    mail_server.note_away(NOW - timedelta(minutes=9))
    mail_server.note_away(NOW)
    assert (line("mail").tone, line("mail").since) == (BAD, NOW - timedelta(minutes=9))
    assert [mail_server.note_back(NOW), mail_server.note_back(NOW)] == [True, False]
    assert line("mail").tone == GOOD
    for free, tone in (
        (leans_on.DISK_SHORT, GOOD),
        (leans_on.DISK_SHORT - 1, WAIT),
        (leans_on.DISK_FULL, WAIT),
        (leans_on.DISK_FULL - 1, BAD),
    ):
        monkeypatch.setattr(
            "shutil.disk_usage", lambda folder, free=free: type("Usage", (), {"free": free})()
        )
        assert line("disk").tone == tone


def test_a_disk_that_cannot_be_read_is_bad(settings: Any) -> None:
    settings.DATA_DIR = "/no/such/folder"
    assert (leans_on.disk_line().tone, leans_on.disk_line().state) == (
        BAD,
        "cannot be read (FileNotFoundError)",
    )


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("HEALTH_TOKEN", "", []),
        ("HEALTH_TOKEN", "x" * 19, ["config.E033"]),
        ("HEALTH_TOKEN", "x" * 20, []),
        ("HEALTH_PING_URL", "https://hc.example/ping/1", []),
        ("HEALTH_PING_URL", "file:///etc/passwd", ["config.E034"]),
        ("HEALTH_PING_URL", "https://", ["config.E034"]),
    ],
)
def test_a_guessable_token_and_an_address_that_is_none_are_refused(
    settings: Any, name: str, value: str, found: list[str]
) -> None:
    setattr(settings, name, value)
    assert [message.id for message in checks.watchers_are_set_up(None)] == found
