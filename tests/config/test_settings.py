"""The settings by environment, and what is refused at the start."""

import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from config import checks
from config.logs import JsonLines, masked
from config.secret import embedded_secret_key

Manage = Callable[..., CompletedProcess[str]]


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


@pytest.mark.daily(3)
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


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgresql_takes_a_row_by_index_for_little_dearer_than_the_next() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW random_page_cost")
        assert cursor.fetchone() == ("1.1",)


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
