"""The settings by environment, and what is refused at the start."""

import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from config import checks
from config.logs import JsonLines, masked
from config.secret import embedded_secret_key

Manage = Callable[..., CompletedProcess[str]]

PRODUCTION = {
    "DEPLOYMENT": "production",
    "SECRET_KEY": "b8#kLm2$xQ9!vR4@wN7^zT1&yU5*pO3(hJ6)gF0-sD8+aE2=xW4!",
    "ALLOWED_HOSTS": "attestation.example.kz",
    "DATABASE_URL": "postgres://u@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "BASE_URL": "https://attestation.example.kz",
    "EMAIL_URL": "smtp://127.0.0.1:1",
}


SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3"}}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The settings of a server as they should be, in place of the real ones."""
    stand_in = SimpleNamespace(
        DEPLOYMENT="production",
        TIME_ZONE="Asia/Almaty",
        CELERY_TIMEZONE="Asia/Almaty",
        USE_TZ=True,
        SECRET_KEY=PRODUCTION["SECRET_KEY"],
        ALLOWED_HOSTS=[PRODUCTION["ALLOWED_HOSTS"]],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}},
        REDIS_URL=PRODUCTION["REDIS_URL"],
        BASE_URL=PRODUCTION["BASE_URL"],
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        DEMO=False,
        DEBUG=False,
        ALLOW_TIME_TRAVEL=False,
        SECOND_FACTOR="required",
        SIMULATED_CLOCK="",
        HEALTH_TOKEN="",
        HEALTH_PING_URL="",
    )
    monkeypatch.setattr(checks, "settings", stand_in)
    return stand_in


@pytest.mark.parametrize(
    ("name", "value", "codes"),
    [
        ("DEBUG", True, ["config.E010"]),
        ("SECRET_KEY", "short", ["config.E011"]),
        ("SECRET_KEY", "missing", ["config.E011"]),
        ("SECRET_KEY", "a" * 60, ["config.E011"]),
        ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"], ["config.E011"]),
        ("ALLOWED_HOSTS", [], ["config.E012"]),
        ("ALLOWED_HOSTS", ["attestation.example.kz", "*"], ["config.E013"]),
        ("ALLOWED_HOSTS", [".example.kz"], ["config.E013"]),
        ("DATABASES", SQLITE, ["config.E014"]),
        ("REDIS_URL", "", ["config.E015"]),
        ("ALLOW_TIME_TRAVEL", True, ["config.E016"]),
        ("SIMULATED_CLOCK", "/some/file", ["config.E031"]),
        ("DEMO", True, ["config.E017"]),
        ("BASE_URL", "http://attestation.example.kz", ["config.E018"]),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", ["config.W001"]),
        ("REDIS_URL", "redis://127.0.0.1:6379/0", ["config.W002"]),
        ("DEBUG", False, []),
    ],
)
def test_production_names_an_unsafe_setting(
    production: SimpleNamespace, name: str, value: Any, codes: list[str]
) -> None:
    setattr(production, name, value)
    assert [message.id for message in checks.production_is_safe(None)] == codes


@pytest.mark.parametrize("change", [{"DEMO": "1", "SECRET_KEY": ""}, {"DEPLOYMENT": "produktion"}])
def test_the_refusal_reaches_the_command_line(manage_py: Manage, change: dict[str, str]) -> None:
    done = manage_py("check", **{**PRODUCTION, **change})
    assert done.returncode == 1
    for name in change:
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_production_accepts_a_complete_environment(manage_py: Manage) -> None:
    done = manage_py("check", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_web_server_and_the_worker_refuse_as_well(production: SimpleNamespace) -> None:
    production.DEMO = True
    with pytest.raises(ImproperlyConfigured, match=r"config\.E017"):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize("name", ["TIME_ZONE", "CELERY_TIMEZONE"])
def test_f_d13_a_changed_time_zone_is_refused_in_every_mode(settings: Any, name: str) -> None:
    """F-D13: neither the web nor a worker nor beat starts with it."""
    setattr(settings, name, "UTC")
    with pytest.raises(ImproperlyConfigured, match=r"config\.E001"):
        checks.refuse_unsafe_start()


def test_old_zone_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "zone_offset", lambda: None)
    with pytest.raises(ImproperlyConfigured, match="2024a"):
        checks.refuse_unsafe_start()


def test_database_url_alone_leaves_the_embedded_defaults(manage_py: Manage, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/other.sqlite3"
    done = manage_py("diffsettings", "--all", DATABASE_URL=url)
    assert done.returncode == 0
    assert "DEPLOYMENT = 'embedded'" in done.stdout
    assert "IMMEDIATE" in done.stdout
    assert "CELERY_BROKER_URL = 'memory://'" in done.stdout


def test_the_embedded_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = embedded_secret_key(tmp_path / "var")
    assert len(first) >= checks.KEY_LENGTH
    assert embedded_secret_key(tmp_path / "var") == first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_an_unwritable_folder_gives_a_key_for_this_process_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(embedded_secret_key(tmp_path / "file" / "var")) >= checks.KEY_LENGTH


@pytest.mark.django_db
def test_sqlite_waits_and_survives_a_power_cut() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own settings")
    with connection.cursor() as cursor:
        values = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "foreign_keys": 1}
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_log_line_is_json_and_hides_identification_numbers() -> None:
    record = logging.LogRecord("a", logging.INFO, "", 0, "row of %s refused", ("880101300123",), None)
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "row of ************ refused"
    assert masked("no. 880101300123/x1.880101300123") == "no. ************/x1.************"
    assert masked("of 880101300123.") == "of ************."
    assert masked("of 880101300123.5, 880101300123,880101300123") == (
        "of ************.5, ************,************"
    )


@pytest.mark.parametrize(
    ("logged", "shown"),
    [
        ("succeeded in 0.123456789012345s: None", "succeeded in 0.123s: None"),
        ("12.345678901234 s", "12.345 s"),
        ("took 1234.5678901234567.", "took 1234.567."),
        ("(1.880101300123)", "(1.880)"),  # a number of a list, perhaps: what is left tells nobody apart
        ("28.11.880101300123", "28.11.************"),
    ],
)
def test_a_long_decimal_is_a_duration_and_shortened(logged: str, shown: str) -> None:
    assert masked(logged) == shown


@pytest.mark.django_db
def test_every_page_carries_the_protective_headers(client: Client) -> None:
    response = client.get("/admin/login/")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_the_root_leads_to_the_admin_and_the_health_page_answers(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/healthz").json() == {"status": "ok"}
