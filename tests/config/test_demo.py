"""The living demo: where it is refused, and its logins; test_demo_loaded.py looks at what it loads."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from attestation.law.calendar import ALMATY
from attestation.models import Center, Role, User
from attestation.refusals import Refused
from office.demo import demo

pytestmark = pytest.mark.django_db

# A Saturday, so that neither yesterday nor the last working day is today.
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=ALMATY)


@pytest.fixture
def demo_settings(settings: Any, tmp_path: Path) -> Any:
    settings.DEMO = True
    settings.ALLOW_TIME_TRAVEL = True
    settings.DATA_DIR = tmp_path
    return settings


def test_it_is_refused_outside_the_demo(demo_settings: Any) -> None:
    demo_settings.DEMO = False
    with pytest.raises(Refused, match="DEMO=1"):
        demo.load(NOW)
    with pytest.raises(CommandError, match="DEMO is not set"):
        call_command("load_demo", "--logins")
    assert not User.objects.exists()


def test_it_touches_no_database_with_other_records(demo_settings: Any) -> None:
    User.objects.create_user("somebody", role=Role.AUDITOR)
    with pytest.raises(Refused, match="other records"):
        demo.load(NOW)
    assert not Center.objects.exists()


def test_it_needs_half_a_year_under_the_order(demo_settings: Any) -> None:
    with pytest.raises(Refused, match=r"29\.09\.2025"):
        demo.load(datetime(2025, 12, 1, 9, 0, tzinfo=ALMATY))
    assert not Center.objects.exists()


@pytest.mark.parametrize(("lang", "role"), [("", "auditor"), ("kk_KZ.UTF-8", "аудитор"), ("ru", "аудитор")])
def test_the_logins_are_printed_with_what_each_is_for(
    demo_settings: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lang: str,
    role: str,
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", lang)
    User.objects.create_user("admin", role=Role.ADMINISTRATOR, is_demo=True)
    call_command("load_demo", "--logins")
    printed = capsys.readouterr().out.splitlines()
    for line, login in zip(printed, demo.LOGINS, strict=True):
        assert line.split()[:2] == [login.username, login.password]
        with translation.override(lang[:2] or "en"):
            assert line.endswith(f"{login.label()}: {login.purpose}")
    assert role in printed[3]


def test_no_logins_are_printed_that_open_nothing(demo_settings: Any) -> None:
    with pytest.raises(CommandError, match="not loaded here"):
        call_command("load_demo", "--logins")
