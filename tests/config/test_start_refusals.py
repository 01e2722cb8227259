"""F-U4: what production is not started with, each named with its setting; what can be accepted by name."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import checks
from office.health.risks import RISKS
from tests.template import ROOT, bare_environment, maintenance

Manage = Callable[..., CompletedProcess[str]]

HOST = "attestation.example.kz"
PRODUCTION = {
    "DEPLOYMENT": "production",
    "SECRET_KEY": "b8#kLm2$xQ9!vR4@wN7^zT1&yU5*pO3(hJ6)gF0-sD8+aE2=xW4!",
    "ALLOWED_HOSTS": HOST,
    "DATABASE_URL": "postgres://u:secret@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "BASE_URL": f"https://{HOST}",
    "EMAIL_URL": "smtp+tls://u:secret@127.0.0.1:1",
}
CHARACTERS = "b8#kLm2$xQ9!vR4@wN7^zT1&y"

# A setting, what it holds, the number of the refusal, a piece of what is said.
REFUSED = [
    ("DEBUG", "1", "010", "DEBUG is on; unset it"),
    ("SECRET_KEY", "", "011", "set at least 50 random characters"),
    ("SECRET_KEY", CHARACTERS, "011", "SECRET_KEY is missing, short or guessable"),
    ("SECRET_KEY", "a" * 60, "011", "SECRET_KEY is missing, short or guessable"),
    ("SECRET_KEY", CHARACTERS * 2, "011", "SECRET_KEY is missing, short or guessable"),
    ("SECRET_KEY", CHARACTERS * 2 + CHARACTERS[:7], "011", "SECRET_KEY is missing, short or guessable"),
    ("SECRET_KEY", "django-insecure-" + CHARACTERS + CHARACTERS[::-1], "011", "SECRET_KEY is missing"),
    ("SECRET_KEY", "Change-Me-" + CHARACTERS + CHARACTERS[::-1], "011", "SECRET_KEY is missing"),
    (
        "SECRET_KEY",
        "put 50 random characters here, and keep them to yourself",
        "011",
        "SECRET_KEY is missing",
    ),
    ("ALLOWED_HOSTS", "", "012", "ALLOWED_HOSTS is empty; name the hosts"),
    ("ALLOWED_HOSTS", f"{HOST},*", "013", "ALLOWED_HOSTS has a wildcard; name each host"),
    ("ALLOWED_HOSTS", ".example.kz", "013", "ALLOWED_HOSTS has a wildcard; name each host"),
    ("ALLOWED_HOSTS", f"{HOST},localhost", "035", "ALLOWED_HOSTS names this machine itself"),
    ("ALLOWED_HOSTS", f"{HOST},127.0.0.1", "035", "ALLOWED_HOSTS names this machine itself"),
    ("ALLOWED_HOSTS", f"{HOST},[::1]", "035", "name the host that people use"),
    ("DATABASE_URL", "", "014", "DATABASE_URL is missing or names SQLite"),
    ("DATABASE_URL", "sqlite:////nowhere", "014", "production needs PostgreSQL"),
    ("REDIS_URL", "", "015", "REDIS_URL is missing"),
    ("REDIS_URL", "memory://", "038", "REDIS_URL names no Redis; set redis://:password@host"),
    ("REDIS_URL", "redis://127.0.0.1:6379/0", "039", "REDIS_URL has no password; set redis://:password@host"),
    ("REDIS_URL", "rediss://redis.example.kz:6379/0", "039", "REDIS_URL has no password"),
    ("ALLOW_TIME_TRAVEL", "1", "016", "ALLOW_TIME_TRAVEL is on; unset it"),
    ("SIMULATED_CLOCK", "/some/file", "031", "SIMULATED_CLOCK is set; unset it"),
    ("SECOND_FACTOR", "offered", "032", "SECOND_FACTOR is not required; unset it"),
    ("DEMO", "1", "017", "DEMO is on; unset it"),
    ("LOG_LEVEL", "DEBUG", "033", "LOG_LEVEL is DEBUG; set INFO"),
    ("ACCEPTED_RISKS", "postgres_superuser,everything", "034", "ACCEPTED_RISKS names everything; there is"),
    ("BASE_URL", f"http://{HOST}", "018", "BASE_URL must be the https:// address"),
    ("BASE_URL", "https://other.example.kz", "036", "BASE_URL is on a host that is not among ALLOWED_HOSTS"),
    ("CSRF_TRUSTED_ORIGINS", "https://*", "037", "CSRF_TRUSTED_ORIGINS has a wildcard"),
    ("CSRF_TRUSTED_ORIGINS", "https://*.example.kz", "037", "CSRF_TRUSTED_ORIGINS has a wildcard"),
    ("CSRF_TRUSTED_ORIGINS", f"https://{HOST},http://{HOST}", "037", "name each as https://host"),
    (
        "DATABASE_URL",
        "postgres://u@127.0.0.1/name",
        "040",
        "DATABASE_URL has no password; set postgres://user:",
    ),
    ("DATABASE_URL", "postgres://u:p@db.example.kz/name", "041", "end it with ?sslmode=verify-full"),
    ("DATABASE_URL", "postgres://u:p@db.example.kz/name?sslmode=prefer", "041", "unencrypted, or may"),
    ("EMAIL_URL", "", "042", "EMAIL_URL is missing or names no mail server; set smtp+tls://"),
    ("EMAIL_URL", "consolemail://", "042", "EMAIL_URL is missing or names no mail server"),
    ("EMAIL_URL", "dummymail://", "042", "EMAIL_URL is missing or names no mail server"),
    ("EMAIL_URL", "filemail:///some/folder", "042", "EMAIL_URL is missing or names no mail server"),
    ("EMAIL_URL", "smtp://", "042", "EMAIL_URL is missing or names no mail server"),
    (
        "EMAIL_URL",
        "smtp://u:p@mail.example.kz:25",
        "043",
        "EMAIL_URL sends its password unencrypted; begin it",
    ),
    ("EMAIL_TIMEOUT", "0", "044", "EMAIL_TIMEOUT is 0 or less; set seconds"),
    ("ATTACHMENT_SCANNER", "no.such.scanner", "047", "ATTACHMENT_SCANNER names no function"),
    ("ATTACHMENT_SCANNER", "os.sep", "047", "correct it or unset it"),
]
ACCEPTABLE = {
    "redis_without_password": ("REDIS_URL", "redis://127.0.0.1:6379/0", "039"),
    "postgres_without_password": ("DATABASE_URL", "postgres://u@127.0.0.1/name", "040"),
    "postgres_unencrypted": ("DATABASE_URL", "postgres://u:p@db.example.kz/name", "041"),
    "mail_nowhere": ("EMAIL_URL", "", "042"),
    "mail_unencrypted": ("EMAIL_URL", "smtp://u:p@mail.example.kz:25", "043"),
}
GOOD = [
    ("DATABASE_URL", "postgres://u@//var/run/postgresql/name"),
    ("DATABASE_URL", "postgres://u:p@db.example.kz/name?sslmode=require"),
    ("DATABASE_URL", "postgres://u:p@db.example.kz/name?sslmode=verify-full"),
    ("REDIS_URL", "rediss://:p@redis.example.kz:6379/0"),
    ("EMAIL_URL", "smtp://mail.example.kz:25"),
    ("EMAIL_URL", "smtp+ssl://u:p@mail.example.kz:465"),
    ("CSRF_TRUSTED_ORIGINS", "https://office.example.kz"),
    ("ALLOWED_HOSTS", f"{HOST},office.example.kz"),
    ("BASE_URL", f"https://{HOST.upper()}:8443/"),
    ("ATTACHMENT_SCANNER", "os.path.basename"),
    ("LOG_LEVEL", "WARNING"),
]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Put in place of the settings what config/settings.py makes of a good environment with these changes."""

    def start(**change: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - bare_environment().keys():
                patch.delenv(name)
            for name, value in {**PRODUCTION, "DATA_DIR": str(tmp_path / "var"), **change}.items():
                patch.setenv(name, value)
            made = vars(global_settings) | runpy.run_path(str(ROOT / "config" / "settings.py"))
        monkeypatch.setattr(checks, "settings", SimpleNamespace(**made))

    return start


def found() -> dict[str, str]:
    return {str(message.id): str(message.msg) for message in checks.production_is_safe(None)}


@pytest.mark.parametrize(("name", "value", "number", "piece"), REFUSED)
def test_production_is_refused(
    started: Callable[..., None], name: str, value: str, number: str, piece: str
) -> None:
    started(**{name: value})
    assert piece in found()[f"config.E{number}"]
    with pytest.raises(
        ImproperlyConfigured, match=rf"Not started: .*\[config\.E{number}\] .*{re.escape(name)}"
    ):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_production_is_started(started: Callable[..., None], name: str, value: str) -> None:
    started(**{name: value})
    assert found() == {}


@pytest.mark.parametrize(
    ("risk", "name", "value", "number"), [(risk, *row) for risk, row in ACCEPTABLE.items()]
)
def test_a_risk_is_accepted_by_name_alone(
    started: Callable[..., None], risk: str, name: str, value: str, number: str
) -> None:
    started(**{name: value})
    assert found()[f"config.E{number}"].endswith(f"Or accept it: ACCEPTED_RISKS={risk}.")
    started(**{name: value, "ACCEPTED_RISKS": ",".join({*RISKS} - {risk})})
    assert [*found()] == [f"config.E{number}"]
    started(**{name: value, "ACCEPTED_RISKS": risk})
    assert [*found()] == [f"config.W{number}"]
    assert found()[f"config.W{number}"].startswith(f"Accepted as {risk}: {name}")


def test_every_risk_that_can_be_accepted_is_tried_here() -> None:
    assert {*RISKS} == {*ACCEPTABLE, "data_dir_open", "postgres_superuser"}


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_data_folder_that_others_can_open_is_refused(
    started: Callable[..., None], tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "the data"
    folder.mkdir()
    folder.chmod(mode)
    started(DATA_DIR=str(folder))
    assert f"`chmod 700 '{folder}'` closes it" in found()["config.E046"]
    started(DATA_DIR=str(folder), ACCEPTED_RISKS="data_dir_open")
    assert [*found()] == ["config.W046"]
    folder.chmod(0o700)
    started(DATA_DIR=str(folder))
    assert found() == {}


# --- the real commands --------------------------------------------------------------------------------------


@pytest.mark.daily(3)
def test_a_deploy_check_of_a_good_environment_finds_nothing(manage_py: Manage) -> None:
    """With the database asked as well: one that is away is not this check's business."""
    done = manage_py("check", "--deploy", "--fail-level", "WARNING", "--database", "default", **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (2 silenced).\n"


@pytest.mark.daily(3)
def test_a_deploy_check_names_everything_at_once(manage_py: Manage, tmp_path: Path) -> None:
    """The first row of each setting."""
    (tmp_path / "var").mkdir(mode=0o755)
    first = {name: (value, number) for name, value, number, _piece in reversed(REFUSED)}
    done = manage_py("check", "--deploy", **PRODUCTION | {name: value for name, (value, _) in first.items()})
    assert done.returncode == 1
    for name, number in [*((name, number) for name, (_, number) in first.items()), ("DATA_DIR", "046")]:
        assert re.search(rf"config\.E{number}\) .*{name}", done.stderr), name
    assert "Traceback" not in done.stderr


@pytest.mark.daily(3)
def test_a_deploy_check_shows_what_is_accepted(manage_py: Manage) -> None:
    accepted = {"EMAIL_URL": "", "ACCEPTED_RISKS": "mail_nowhere"}
    done = manage_py("check", "--deploy", **PRODUCTION | accepted)
    assert done.returncode == 0
    assert "(config.W042) Accepted as mail_nowhere: EMAIL_URL is missing" in done.stderr


@pytest.mark.daily(3)
def test_a_misspelt_deployment_is_refused(manage_py: Manage) -> None:
    done = manage_py("check", **PRODUCTION | {"DEPLOYMENT": "produktion"})
    assert (done.returncode, "DEPLOYMENT is 'produktion'" in done.stderr) == (1, True)


# --- who we are in PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture
def clerk() -> Iterator[str]:
    """A role without rights of its own on the tests' server."""
    name = f"clerk_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with maintenance() as server:
        server.execute(f"DROP ROLE IF EXISTS {name}")
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
        yield name
        server.execute(f"DROP ROLE {name}")


def web_of(**change: str) -> CompletedProcess[str]:
    """The start of the web server with a good environment but for these."""
    return subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        env=bare_environment() | PRODUCTION | change,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.postgres
def test_a_superuser_of_postgresql_is_refused(manage_py: Manage, clerk: str, tmp_path: Path) -> None:
    place = str(connection.settings_dict["HOST"]).strip("/")
    mine = f"postgres://{connection.settings_dict['USER']}@//{place}/postgres"
    data = {"DATA_DIR": str(tmp_path / "var")}
    said = "DATABASE_URL logs in as a superuser of PostgreSQL"
    web = web_of(DATABASE_URL=mine, **data)
    assert web.returncode != 0
    assert f"[config.E045] {said}" in web.stderr
    command = ("check", "--deploy", "--database", "default")
    refused = manage_py(*command, **PRODUCTION | {"DATABASE_URL": mine})
    assert (refused.returncode, said in refused.stderr) == (1, True)
    accepted = manage_py(
        *command, **PRODUCTION | {"DATABASE_URL": mine, "ACCEPTED_RISKS": "postgres_superuser"}
    )
    assert (accepted.returncode, f"Accepted as postgres_superuser: {said}" in accepted.stderr) == (0, True)
    bounded = {"DATABASE_URL": f"postgres://{clerk}:secret@//{place}/postgres"}
    done = manage_py(*command, "--fail-level", "WARNING", **PRODUCTION | bounded)
    assert (done.returncode, done.stderr) == (0, "")
    web = web_of(**bounded, **data)
    assert web.returncode == 0, web.stderr


@pytest.mark.daily(3)
def test_the_web_starts_while_postgresql_is_away(tmp_path: Path) -> None:
    """It answers 503 until the server is back, as it does when that goes later."""
    done = web_of(DATA_DIR=str(tmp_path / "var"))
    assert done.returncode == 0, done.stderr
