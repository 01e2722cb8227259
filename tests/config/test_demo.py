"""The living demo: where it is refused, and its logins; test_demo_loaded.py looks at what it loads."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

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


def test_the_logins_are_printed_one_per_role(demo_settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo", "--logins")
    printed = capsys.readouterr().out
    for login in demo.LOGINS:
        assert login.username in printed
        assert login.password in printed
