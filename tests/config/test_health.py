"""How the machinery stands: the health page, the banner, /healthz; F-D6, F-D7, F-D9, F-D11, F-D13, F-D18."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attestation.models import (
    Attestation,
    CalendarYear,
    Heartbeat,
    JobRun,
    Notice,
    Outage,
    ReadyEffect,
    Role,
    Status,
    WorkFailure,
)
from office.health import health, healthz
from office.sweep import clocks, sweep
from scripts.servers import throwaway_redis
from tests.attestation.admin_cast import MONDAY, at, client_of, text_of, url
from tests.binding import done
from tests.commands import answers, each
from tests.factories import CenterFactory, EmployeeFactory, UserFactory
from tests.jobs.story import Story

__all__ = ["at"]

ROOT = Path(__file__).resolve().parents[2]
Manage = Callable[..., CompletedProcess[str]]
NOW = MONDAY
MINUTE = timedelta(minutes=1)
db = pytest.mark.django_db


def line(key: str, now: datetime = NOW) -> health.Line:
    found = {one.key: one for one in health.lines(now)}
    return found[key]


def swept(finished_at: datetime, **summary: Any) -> None:
    JobRun.objects.update_or_create(
        name="sweep", defaults={"finished_at": finished_at, "started_at": finished_at, "summary": summary}
    )


def waiting_effect(case: Attestation, brake: str = "gap", key: str = "close:1") -> ReadyEffect:
    return ReadyEffect.objects.create(
        key=key,
        act="finalise",
        attestation=case,
        brakes=[brake],
        sticky=True,
        ready_at=NOW - 5 * MINUTE,
    )


def member(role: str) -> Client:
    """Of the republic, except an officer, who has a centre."""
    center = CenterFactory() if role == Role.HR else None
    return client_of(UserFactory(role=role, center=center))


# --- each line ----------------------------------------------------------------------------------------------


@db
def test_a_sweep_is_late_after_three_periods() -> None:
    never = line("sweep")
    assert (never.tone, never.state, never.since) == ("bad", "has not run yet", None)
    swept(NOW - 15 * MINUTE, finalised=2, ran=True)
    on_time = line("sweep")
    assert (on_time.tone, on_time.state) == ("good", "on time; the last one: making a decision final: 2")
    swept(NOW - 15 * MINUTE - timedelta(seconds=1))
    late = line("sweep")
    assert (late.tone, late.state) == ("bad", "late: background work is delayed")
    assert late.since == NOW - 15 * MINUTE - timedelta(seconds=1)
    assert "the next sweep does whatever is due" in late.todo


@db
def test_f_d18_failed_steps_and_rows_are_named() -> None:
    swept(NOW, failed={"finalised": "IntegrityError"})
    assert line("sweep").state == "finished; these steps failed: making a decision final"
    assert line("sweep").tone == "bad"
    assert line("attention").tone == "good"
    WorkFailure.objects.create(
        act="close_term",
        subject="deadline:1",
        error="KeyError",
        first_at=NOW - 9 * MINUTE,
        last_at=NOW,
        next_try_at=NOW + 5 * MINUTE,
    )
    failing = line("attention")
    assert (failing.tone, failing.state) == ("bad", "work fails on 1 record")
    assert failing.since == NOW - 9 * MINUTE


@db
@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_f_d7_a_silent_process_is_an_alarm_after_three_periods(kind: str) -> None:
    """Alive and deaf is what it looks like from outside: only work that reached it counts."""
    assert line(kind).tone in ("bad", "wait")
    Heartbeat.objects.create(name="celery@web1:7", kind=kind, seen_at=NOW - 3 * MINUTE)
    heard = line(kind)
    assert (heard.tone, heard.state) == ("good", "works")
    assert "celery@web1:7" in heard.title
    Heartbeat.objects.update(seen_at=NOW - 3 * MINUTE - timedelta(seconds=1))
    silent = line(kind)
    assert (silent.tone, silent.state) == ("bad", "silent: nothing from the queue has reached it")
    assert silent.since == NOW - 3 * MINUTE - timedelta(seconds=1)


@db
def test_f_d7_one_silent_worker_beside_another_is_to_be_looked_at() -> None:
    Heartbeat.objects.create(name="a", kind="worker", seen_at=NOW)
    Heartbeat.objects.create(name="b", kind="worker", seen_at=NOW - 7 * MINUTE)
    assert line("worker").tone == "good"
    assert (line("worker:b").tone, line("worker:b").state) == ("wait", "silent")
    Heartbeat.objects.filter(name="b").update(seen_at=NOW - timedelta(days=2))
    assert "worker:b" not in {one.key for one in health.lines(NOW)}


@db
def test_notices_that_should_have_left_and_those_that_failed() -> None:
    user = UserFactory()

    def notice(key: str, **values: Any) -> Notice:
        made = {"kind": "listed", "user": user, "created_at": NOW, "not_before": NOW, **values}
        return Notice.objects.create(key=key, **made)

    assert (line("unsent").tone, line("failed").tone) == ("good", "good")
    notice("later", not_before=NOW + timedelta(days=1))
    assert line("unsent").state == "all were sent"
    notice("tried", created_at=NOW - 61 * MINUTE, not_before=NOW + 10 * MINUTE, attempts=3)
    oldest = line("unsent")
    assert (oldest.tone, oldest.state, oldest.since) == ("wait", "1 waits", NOW - 61 * MINUTE)
    notice("old", created_at=NOW - timedelta(hours=25))
    assert (line("unsent").tone, line("unsent").state) == ("bad", "2 wait")
    # An officer has it in the bell; for an employee it is a task.
    notice("to an officer", state="failed", created_at=NOW - timedelta(days=5))
    assert line("failed").tone == "good"
    notice("never", user=None, employee=EmployeeFactory(), state="failed", created_at=NOW - timedelta(days=4))
    assert line("failed").since == NOW - timedelta(days=4)
    assert (line("failed").tone, line("failed").state) == ("wait", "1 notice")
    assert line("failed").todo == "HR serves them by hand."


@db
def test_the_next_years_calendar_is_asked_for_from_october_on() -> None:
    CalendarYear.objects.update(confirmed_at=None)
    september, october = datetime(2026, 9, 30, 18, tzinfo=UTC), datetime(2026, 9, 30, 19, tzinfo=UTC)
    assert [one.key for one in health.calendar_lines(september)] == ["calendar:2026"]
    both = health.calendar_lines(october)
    assert [(one.key, one.tone) for one in both] == [("calendar:2026", "bad"), ("calendar:2027", "wait")]
    CalendarYear.objects.filter(year=2026).update(confirmed_at=NOW)
    assert health.calendar_lines(october)[0].since == NOW


@db
def test_waiting_effects_brakes_and_outages_are_told() -> None:
    story = Story()
    waiting_effect(story.listed(story.employee()))
    swept(NOW, brakes=["gap"])
    Outage.objects.create(began_at=NOW - timedelta(days=1), reason="ток", recorded_at=NOW)
    assert line("ready").state == "1 effect waits: the last sweep was more than 36 hours before"
    assert line("ready").since == NOW - 5 * MINUTE
    assert line("brakes").state == "the last sweep was more than 36 hours before"
    assert (line("outages").tone, line("outages").state) == ("wait", "1 is not settled")


@db
def test_f_d9_clocks_that_differ_by_more_than_five_seconds_are_an_alarm(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    for seconds, tone in ((5, "good"), (-6, "bad"), (6, "bad")):
        monkeypatch.setattr(clocks, "database_ahead", lambda s=seconds: timedelta(seconds=s))
        found = health.clock_line()
        assert (found.tone, found.state) == (
            tone,
            f"this machine and the database are {abs(seconds)} s apart",
        )


@pytest.mark.postgres
@db
def test_f_d9_the_databases_clock_is_really_asked() -> None:
    assert health.clock_line().state == "this machine and the database are 0 s apart"


def test_f_d11_the_page_names_the_zone_data_and_where_they_are_from() -> None:
    found = health.zone_line()
    assert found.tone == "good"
    assert found.state.startswith("Asia/Almaty is +0500 on 1 April 2024, by ")


def test_an_accepted_risk_is_named_and_is_no_alarm(settings: Any) -> None:
    assert (health.risks_line().tone, health.risks_line().state) == ("good", "none")
    settings.ACCEPTED_RISKS = ["mail_nowhere", "postgres_superuser"]
    found = health.risks_line()
    assert found.tone == "good"
    assert found.state == "letters are not sent; the system has all rights on the database server"
    assert found.todo


# --- the page, the banner, /healthz ------------------------------------------------------------------------


@db
@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("role", Role.values)
def test_the_page_is_for_administrators_and_for_the_auditor_to_read(role: str) -> None:
    answer = member(role).get(url("health"))
    assert answer.status_code == (200 if role in ("administrator", "auditor") else 403)
    if answer.status_code == 200:
        assert "Something does not work" in text_of(answer)
        assert member(role).post(url("health")).status_code == 405


@db
@pytest.mark.usefixtures("at")
def test_reading_the_page_costs_the_same_whatever_is_on_record() -> None:
    client = member(Role.ADMINISTRATOR)
    client.get(url("health"))
    with CaptureQueriesContext(connection) as few:
        client.get(url("health"))
    story = Story()
    for number in range(5):
        waiting_effect(story.listed(story.employee()), "calendar", key=f"close:{number}")
        Heartbeat.objects.create(name=f"w{number}", kind="worker", seen_at=NOW)
    with CaptureQueriesContext(connection) as many:
        client.get(url("health"))
    assert len(many) == len(few)


@db
@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("role", Role.values)
def test_f_d6_every_page_says_that_background_work_is_delayed(role: str) -> None:
    client = member(role)
    swept(NOW - 10 * MINUTE)
    assert 'class="banners"' not in text_of(client.get(url("index")))
    swept(NOW - timedelta(hours=2))
    for page in (url("index"), url("attestation_attestation_changelist"), url("appeals_appeal_changelist")):
        text = text_of(client.get(page))
        assert "Background work delayed since 09.02.2026 08:00." in text
        assert (url("health") in text) is (role in ("administrator", "auditor"))
    assert "Background work" not in text_of(Client().get(url("login")))


@db
@pytest.mark.usefixtures("at")
def test_what_waits_is_told_to_those_who_may_confirm_and_for_their_centres() -> None:
    story = Story()
    effect = waiting_effect(story.listed(story.employee()))
    swept(NOW)
    chair = client_of(UserFactory(role=Role.CHAIR, center=story.mobility))
    assert "1 effect waits for confirmation." in text_of(chair.get(url("index")))
    stranger = client_of(UserFactory(role=Role.CHAIR, center=CenterFactory()))
    for client in (stranger, client_of(story.hr), member(Role.AUDITOR)):
        assert "for confirmation" not in text_of(client.get(url("index")))
    ReadyEffect.objects.filter(pk=effect.pk).update(state="confirmed", closed_at=NOW)
    assert "for confirmation" not in text_of(chair.get(url("index")))


@db
@pytest.mark.usefixtures("at")
def test_the_banner_and_the_sidebar_count_once_what_waits() -> None:
    story = Story()
    waiting_effect(story.listed(story.employee()))
    swept(NOW - timedelta(hours=2))
    client = member(Role.ADMINISTRATOR)
    with CaptureQueriesContext(connection) as asked:
        client.get(url("attestation_region_changelist"))
    for table in ("attestation_jobrun", "attestation_readyeffect"):
        assert sum(table in query["sql"] for query in asked) == 1, table


@db
@pytest.mark.usefixtures("at")
def test_healthz_tells_details_to_administrators_alone() -> None:
    """A late sweep is no reason to take the node away: it takes acts all the same."""
    assert Client().get("/healthz").json() == {"status": "ok"}
    for role in set(Role.values) - {Role.ADMINISTRATOR}:
        assert member(role).get("/healthz").json() == {"status": "ok"}
    answer = member(Role.ADMINISTRATOR).get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    found = {one["key"]: one for one in answer.json()["details"]}
    assert found["sweep"]["tone"] == "bad"
    assert set(found["sweep"]) == {"key", "tone", "state", "since", "todo"}


@db
@pytest.mark.usefixtures("at")
def test_the_command_tells_the_same_lines_and_the_worst_of_them_by_its_exit_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def health_command() -> tuple[int, dict[str, str]]:
        with pytest.raises(SystemExit) as ended:
            call_command("health", "--json")
        said = json.loads(capsys.readouterr().out)
        return int(str(ended.value.code)), {one["key"]: one["tone"] for one in said["lines"]}

    status, tones = health_command()
    assert (status, tones["sweep"]) == (2, "bad")  # it has not run yet
    assert list(tones) == [one.key for one in health.lines(NOW)]
    swept(NOW)
    status, tones = health_command()
    assert (status, tones["sweep"], tones["replay"]) == (1, "good", "wait")
    monkeypatch.setattr("office.management.commands.health.lines", lambda now: [health.ready_line()])
    assert health_command() == (0, {"ready": "good"})


@db
def test_healthz_is_503_without_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> None:
            raise OperationalError("connection refused: host db.internal")

    monkeypatch.setattr(healthz, "connection", Gone())
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "database"})


# --- Redis away (F-D6) -------------------------------------------------------------------------------------


@db
@pytest.mark.usefixtures("at")
def test_f_d6_with_redis_killed_acts_pages_and_the_sweep_go_on(settings: Any) -> None:
    """A real Redis that is gone, and one that takes connections and never answers."""
    story = Story()
    case = story.listed(story.employee())
    client = client_of(UserFactory(role=Role.HR, center=story.mobility))
    with throwaway_redis() as address:
        settings.REDIS_URL = address
        assert (line("redis").tone, line("redis").state) == ("good", "answers")
    assert (line("redis").tone, line("redis").state) == ("bad", "does not answer (ConnectionError)")
    act = url("attestation_attestation_act", case.pk, "close")
    assert done(client, act, {"reason": "бас тартты"}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    assert sweep.run(NOW).failed == {}
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        assert line("redis").state == "does not answer (TimeoutError)"


@pytest.mark.daily(3)
def test_f_d6_a_wake_up_that_cannot_be_sent_gives_up_soon(manage_py: Manage) -> None:
    """Publishing to a Redis that is gone: an error, which loses nothing, and no hanging."""
    with throwaway_redis() as address:
        pass
    code = (
        "from config.celery import app\n"
        "try:\n    app.send_task('office.tasks.sweep')\n"
        "except Exception as error:\n    print('gave up:', type(error).__name__)"
    )
    done = manage_py("shell", "--no-imports", "-c", code, REDIS_URL=address)
    assert done.stdout.startswith("gave up: OperationalError"), done.stderr


@pytest.mark.daily(3)
def test_f_d6_the_sweep_command_needs_no_redis(manage_py: Manage, new_database: Path) -> None:
    with throwaway_redis() as address:
        pass
    done = manage_py("sweep", "--json", REDIS_URL=address)
    assert (done.returncode, '"ran": true' in done.stdout) == (0, True), done.stderr


# --- zone data and settings that make every deadline wrong (F-D11, F-D13) ----------------------------------


@pytest.fixture
def old_zones(tmp_path: Path) -> dict[str, str]:
    """Zone data from before 2024a, when Almaty was an hour ahead: as Omsk still is."""
    import tzdata

    folder = tmp_path / "zones"
    shutil.copytree(Path(tzdata.__file__).parent / "zoneinfo", folder)
    shutil.copy(folder / "Asia" / "Omsk", folder / "Asia" / "Almaty")
    return {"PYTHONTZPATH": str(folder)}


COMMANDS = (("sweep",), ("report", "--cycle", "X"), ("simulate_deadlines",), ("rehearse",))


def with_old_zones(
    old_zones: dict[str, str], tmp_path: Path, *command: str
) -> subprocess.CompletedProcess[str]:
    env = {"DATA_DIR": str(tmp_path / "var"), "PATH": "/usr/bin:/bin", **old_zones}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.daily(3)
def test_f_d11_no_command_starts_with_old_zone_data_nor_does_the_web(
    old_zones: dict[str, str], tmp_path: Path
) -> None:
    done = with_old_zones(old_zones, tmp_path, "-c", f"{each(*COMMANDS)}\nimport config.wsgi")
    for refused in answers(done, *COMMANDS):
        assert refused.returncode != 0, refused.args
        assert "config.E003" in refused.stderr, refused.args
        assert "older than 2024a" in refused.stderr, refused.args
        assert refused.stdout == "", refused.args
    assert done.returncode != 0
    assert "config.E003" in done.stderr


@pytest.mark.parametrize("role", ["worker", "beat"])
@pytest.mark.daily(3)
def test_f_d11_worker_and_beat_refuse_old_zone_data(
    old_zones: dict[str, str], tmp_path: Path, role: str
) -> None:
    done = with_old_zones(old_zones, tmp_path, "-m", "celery", "--quiet", "-A", "config", role)
    assert done.returncode != 0
    assert "config.E003" in done.stderr


def test_f_d13_the_schedule_stands_at_no_hour_of_the_day() -> None:
    """An edited zone misfires nothing: each job runs after an interval and asks the database what is due."""
    from config.celery import app

    assert {type(entry["schedule"]) for entry in app.conf.beat_schedule.values()} == {int}
