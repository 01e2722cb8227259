"""Worker, beat, Redis, mail server, disk stopped one by one for an hour: somebody is told of each in time.

A simulated hour by minutes: what runs does its work and leaves its heartbeat, what is stopped does not. The
mail server and the address that is pinged are real ones on this machine.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.signals import request_finished
from django.db import OperationalError
from django.test import Client

from attestation import clock
from attestation.models import Heartbeat, JobRun, Role, RuleSet
from attestation.notices import delivery, outbox
from office import tasks
from office.health import alarm, alarm_letters, health, leans_on
from office.health.line import BAD, Line
from office.sweep import SWEEP_EVERY_S, leases, ping, sweep
from office.sweep.sweep import Summary
from tests.attestation.admin_cast import MONDAY
from tests.factories import EmployeeFactory, UserFactory
from tests.house import ROOT
from tests.jobs.postbox import Postbox, free_port, postbox

__all__ = ["postbox"]

MINUTE = timedelta(minutes=1)
PERIOD = timedelta(seconds=SWEEP_EVERY_S)
TWO_PERIODS = 2 * PERIOD
START = MONDAY
STOPPED_AT, AGAIN_AT, END = START + 10 * MINUTE, START + 70 * MINUTE, START + 90 * MINUTE
ADDRESSES = {"admin@office.example", "duty@ministry.example"}
TOKEN = "a-token-of-twenty-and-more"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("this_machines_clock")]


class Switch:
    """A real HTTP server that a dead man's switch would be; keeps the simulated moment of each call."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.status = 200
        switch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                switch.calls.append((clock.now(), self.path))
                self.send_response(switch.status)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def switch(settings: Any) -> Iterator[Switch]:
    found = Switch()
    settings.HEALTH_PING_URL = found.url
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> alarm.Watch:
    """A web process that has just started."""
    found = alarm.Watch()
    monkeypatch.setattr(alarm, "WATCH", found)
    return found


@pytest.fixture
def told() -> None:
    """An administrator who reads Russian and the address of the ministry's duty officer."""
    UserFactory(role=Role.ADMINISTRATOR, email="admin@office.example", language="ru", center=None)
    UserFactory(role=Role.AUDITOR, email="auditor@office.example", center=None)
    RuleSet.objects.update(escalation_address="duty@ministry.example")


class Machine:
    """The processes of an installation, minute by minute; `stopped` names the one that is down."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.monkeypatch, self.stopped = settings, monkeypatch, ""
        self.port, self.dead_port = settings.EMAIL_PORT, free_port()
        self.employee = EmployeeFactory(email="a@mail.example")
        self.number = 0
        settings.HEALTH_TOKEN, settings.REDIS_URL = TOKEN, "redis://127.0.0.1:1/0"
        monkeypatch.setattr(health, "redis_line", self.redis)
        monkeypatch.setattr("shutil.disk_usage", self.disk)
        really = leases.take
        monkeypatch.setattr(leases, "take", lambda *args: really(*args) if self.writes() else self.full())

    def redis(self) -> Line:
        return Line("redis", "Redis", BAD if self.stopped == "redis" else "good", "-")

    def disk(self, folder: Any) -> Any:
        return type("Usage", (), {"free": 0 if self.stopped == "disk" else 10 * leans_on.DISK_SHORT})()

    def writes(self) -> bool:
        return self.stopped != "disk"

    @staticmethod
    def full() -> Any:
        raise OperationalError("database or disk is full")

    def minute(self) -> None:
        """Beat hands out, the worker works, a load balancer asks a web process."""
        now = clock.now()
        self.settings.EMAIL_PORT = self.dead_port if self.stopped == "mail" else self.port
        if self.stopped not in ("beat", "redis", "disk"):
            Heartbeat.objects.update_or_create(name="beat", defaults={"kind": "beat", "seen_at": now})
        if self.stopped not in ("worker", "beat", "redis"):
            self.work(now)
        alarm.after_request()

    def work(self, now: Any) -> None:
        if self.writes():
            Heartbeat.objects.update_or_create(name="w:1", defaults={"kind": "worker", "seen_at": now})
            self.number += 1
            outbox.queue("listed", key=str(self.number), now=now, employee=self.employee)
            delivery.deliver(now=now)
        if (now - START) % PERIOD == timedelta():
            try:
                ping.ping_after(sweep.run(now))
            except OperationalError:
                assert not self.writes()


def exit_status(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    with pytest.raises(SystemExit) as ended:
        call_command("health", "--json")
    lines = json.loads(capsys.readouterr().out)["lines"]
    return int(str(ended.value.code)), {line["key"].partition(":")[0]: line["tone"] for line in lines}


def figure(part: str) -> str:
    text = Client(headers={"authorization": f"Bearer {TOKEN}"}).get("/metrics").content.decode()
    return next(line for line in text.splitlines() if f'health{{part="{part}"}}' in line).split()[-1]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("part", ["worker", "beat", "redis", "mail", "disk"])
@pytest.mark.daily(3)
def test_whatever_is_stopped_for_an_hour_is_told_within_two_periods(
    part: str,
    settings: Any,
    postbox: Postbox,
    switch: Switch,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine, alarms = Machine(settings, monkeypatch), {}
    with time_machine.travel(START, tick=False) as traveller:
        while clock.now() <= END:
            now = clock.now()
            machine.stopped = part if STOPPED_AT <= now < AGAIN_AT else ""
            before = len(postbox.letters)
            machine.minute()
            for letter in postbox.letters[before:]:
                if letter["To"] in ADDRESSES:
                    alarms.setdefault(now, []).append(letter)
            if now == STOPPED_AT - MINUTE:
                assert figure(part) == "0.0"
                assert alarms == {}
            if now == STOPPED_AT + TWO_PERIODS:
                status, tones = exit_status(capsys)
                assert (status, tones[part], figure(part)) == (2, "bad", "2.0")
            traveller.shift(MINUTE)
        moments = sorted(alarms)
        # Before, and after; none in between: the switch of the monitoring goes off after two missed calls.
        assert [at for at, _path in switch.calls if STOPPED_AT <= at < AGAIN_AT] == []
        assert [at for at, _path in switch.calls if at >= AGAIN_AT] != []
        assert figure(part) == "0.0"
    if part == "mail":
        # No letter leaves without a mail server: the ping is the word, and the letter comes once it is back.
        assert AGAIN_AT <= moments[0] <= AGAIN_AT + TWO_PERIODS
        assert {letter["To"] for letter in alarms[moments[-1]]} == ADDRESSES
        assert all("снова" in letter["Subject"] for letter in alarms[moments[-1]])
        return
    assert len(moments) == 2
    assert STOPPED_AT < moments[0] <= STOPPED_AT + TWO_PERIODS
    assert AGAIN_AT < moments[1] <= AGAIN_AT + TWO_PERIODS
    for letters in alarms.values():
        assert {letter["To"] for letter in letters} == ADDRESSES
        assert len(letters) == 2


# --- the ping ---------------------------------------------------------------------------------------------


def test_a_sweep_that_found_another_running_is_none_and_is_not_pinged(switch: Switch) -> None:
    assert ping.ping_after(Summary(START, ran=False)) is False
    assert switch.calls == []
    assert ping.ping_after(Summary(START)) is True
    assert [path for _at, path in switch.calls] == ["/ping/secret"]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_answer_that_is_none_breaks_no_sweep_and_a_redirect_is_not_followed(
    status: int, switch: Switch, caplog: pytest.LogCaptureFixture
) -> None:
    switch.status = status
    assert ping.ping_after(Summary(START)) is False
    assert len(switch.calls) == 1
    assert "the ping after the sweep failed: HTTPError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "nonsense"])
def test_only_http_is_asked_for(address: str, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.HEALTH_PING_URL = address
    assert ping.ping_after(Summary(START)) is False
    assert "the ping after the sweep failed" in caplog.text


def test_a_server_that_never_answers_is_left_soon(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ping, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.HEALTH_PING_URL = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert ping.ping_after(Summary(START)) is False
    assert "TimeoutError" in caplog.text


@pytest.mark.usefixtures("switch")
def test_task_and_command_ping_once_the_sweep_is_on_record(switch: Switch, settings: Any) -> None:
    tasks.sweep()
    assert len(switch.calls) == 1
    call_command("sweep", "--json")
    assert len(switch.calls) == 2
    # A moment that stands in for the clock says nothing of the machine.
    settings.ALLOW_TIME_TRAVEL = True
    call_command("sweep", "--at", clock.now().isoformat())
    assert len(switch.calls) == 2


# --- the letter -------------------------------------------------------------------------------------------


def looked(watch: alarm.Watch, *minutes: int) -> None:
    """So many looks, at these minutes after the start."""
    for minute in minutes:
        alarm.look(watch, START + minute * MINUTE)


def row() -> JobRun:
    return JobRun.objects.get(name=alarm.JOB)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The tone of the sweep, which a test changes."""
    found = {"tone": BAD}
    for module in (alarm, alarm_letters):
        monkeypatch.setattr(
            module, "machine", lambda now: [Line("sweep", "Sweep", found["tone"], "late", START, "Look.")]
        )
    return found


@pytest.mark.usefixtures("told")
def test_one_letter_an_outage_whichever_web_process_notices(
    postbox: Postbox, state: dict[str, str], watch: alarm.Watch
) -> None:
    other = alarm.Watch()
    looked(watch, 0, 4)
    assert postbox.letters == []  # a restart is over by then
    looked(other, 1)
    looked(watch, 5)
    looked(other, 6, 7, 60)
    looked(watch, 8, 90)
    assert {letter["To"] for letter in postbox.letters} == ADDRESSES
    assert len(postbox.letters) == 2
    to_admin = next(letter for letter in postbox.letters if letter["To"] == "admin@office.example")
    assert "/admin/health/" in to_admin.get_content()
    assert to_admin["Auto-Submitted"] == "auto-generated"
    state["tone"] = "good"
    looked(watch, 91, 95)
    looked(other, 91)
    assert len(postbox.letters) == 2
    looked(watch, 96)
    looked(other, 97, 98)
    assert len(postbox.letters) == 4
    assert row().finished_at == START + 96 * MINUTE
    # The next outage is another one.
    state["tone"] = BAD
    looked(watch, 200, 205)
    assert len(postbox.letters) == 6
    assert len({letter["Message-ID"] for letter in postbox.letters}) == 6


@pytest.mark.usefixtures("told", "state")
def test_letters_that_another_process_is_writing_are_left_to_it_until_it_has_had_its_time(
    postbox: Postbox, watch: alarm.Watch
) -> None:
    JobRun.objects.create(
        name=alarm.JOB,
        started_at=START,
        lease_until=START + 6 * MINUTE,
        summary={"parts": ["sweep"], "told": False},
    )
    looked(watch, 0, 5)
    assert postbox.letters == []
    looked(watch, 6)
    assert len(postbox.letters) == 2
    assert row().started_at == START


@pytest.mark.usefixtures("told", "state")
def test_a_letter_that_could_not_leave_is_tried_again(
    postbox: Postbox, watch: alarm.Watch, settings: Any
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    looked(watch, 0, 5, 6)
    assert (row().summary["told"], row().lease_until) == (False, START + 7 * MINUTE)
    settings.EMAIL_PORT = port
    looked(watch, 7)
    assert (row().summary["told"], row().lease_until, len(postbox.letters)) == (True, None, 2)


@pytest.mark.usefixtures("told", "state")
def test_an_address_that_is_refused_does_not_keep_the_letter_from_the_others(
    postbox: Postbox, watch: alarm.Watch
) -> None:
    RuleSet.objects.update(escalation_address="refused@ministry.example")
    looked(watch, 0, 5, 8)
    assert [letter["To"] for letter in postbox.letters] == ["admin@office.example"]


@pytest.mark.usefixtures("told", "state")
def test_f_d23_with_a_database_that_takes_nothing_each_process_writes_by_itself_once(
    postbox: Postbox, watch: alarm.Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(alarm, "_claim", full)
    looked(watch, 0, 5, 6, 60)
    assert len(postbox.letters) == 2


@pytest.mark.usefixtures("state")
def test_with_nobody_to_write_to_the_log_has_it_once(
    watch: alarm.Watch, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    RuleSet.objects.update(escalation_address="")
    looked(watch, 0, 5, 6, 7)
    assert caplog.text.count("there is nobody to write to") == 1
    assert postbox.letters == []


@pytest.mark.usefixtures("state")
def test_a_web_process_looks_after_a_request_and_at_most_once_a_minute(
    watch: alarm.Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    monkeypatch.setattr(alarm, "look", lambda watch, now: looks.append(now))
    request_finished.connect(alarm.after_request, dispatch_uid="of the test")
    try:
        with time_machine.travel(START, tick=False) as traveller:
            for seconds in (0, 30, 29, 1):
                traveller.shift(seconds)
                assert Client().get("/healthz").status_code == 200
    finally:
        request_finished.disconnect(dispatch_uid="of the test")
    assert [(at - START).total_seconds() for at in looks] == [0, 60]


def test_a_database_that_is_away_fails_no_request(
    watch: alarm.Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*args: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(alarm, "look", gone)
    alarm.after_request()
    assert "alarm: the database does not answer" in caplog.text
    assert watch.turn.acquire(blocking=False)


def test_the_product_really_listens() -> None:
    """The suite takes the receiver away, so that no other test is looked after."""
    asked = "from django.core.signals import request_finished as f; print([k[0] for k, *_ in f.receivers])"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'alarm'" in done.stdout
