"""What every test stands on: databases, Redis, Chromium, a command line."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.test import TransactionTestCase
from django.utils import translation

from scripts.compile_messages import compile_stale
from scripts.servers import ensure_chromium, throwaway_redis
from tests import template
from tests.shares import ONE_OF_THE_UNTOUCHED, is_named, is_taken

ROOT = Path(__file__).resolve().parent.parent
# Run on SQLite alone: a second database has nothing to add. What PostgreSQL itself could get wrong (queries
# of each page, services, constraints, triggers, races, imports, sweeps) is asked of it by the tests of those.
ON_ONE_DATABASE = (
    # No database at all.
    "tests/law/",
    "tests/architecture/",
    # How files are understood and answered; there test_intake_*.py and test_import_*.py read and write.
    *("tests/attestation/test_eighty_files", "tests/attestation/test_row_classes"),
    *("tests/config/test_round_trip", "tests/contract/test_templates"),
    # What a page says and offers. There test_pages.py opens each as the administrator and as a member,
    # test_admin_addresses.py asks each list for what it cannot understand, and the browser's walks act.
    *("tests/attestation/test_admin_a", "tests/attestation/test_admin_i", "tests/attestation/test_admin_p"),
    *(
        "tests/attestation/test_admin_ready",
        "tests/attestation/test_admin_scope",
        "tests/attestation/test_feed",
    ),
    *(
        "tests/attestation/test_calendar_pages",
        "tests/attestation/test_explain",
        "tests/attestation/test_rung",
    ),
    *(
        "tests/appeals/test_admin_sittings",
        "tests/appeals/test_filing_page",
        "tests/appeals/test_attachments",
    ),
    *("tests/config/test_demo", "tests/config/test_error_pages", "tests/config/test_session"),
    *("tests/tables/test_exports", "tests/tables/test_pages", "tests/tables/test_rights_asked"),
    # Reading of a file, before anything is looked up.
    *("tests/attestation/test_intake_reading", "tests/attestation/test_intake_columns"),
    *("tests/attestation/test_intake_child", "tests/attestation/test_intake_sheets"),
    # The commands once more, over services that run there: test_examples.py takes them from list to decision.
    *("tests/contract/test_appeals", "tests/contract/test_settings", "tests/contract/test_sheets"),
    "tests/contract/test_sweeps",
    # How much the pure rules and the count of votes get right.
    *("tests/appeals/test_sitting_rules", "tests/appeals/test_votes"),
    # What services answer in every case of their rules. tests/services/ calls each of them there; the races,
    # the constraints and the walks of the browser run there; `make faults` runs all of these there too.
    *("tests/config/test_rehearsal", "tests/config/test_health", "tests/scoring/test_rule_rating"),
    *("tests/jobs/test_safeguards", "tests/jobs/test_ladder", "tests/jobs/test_chain_edges"),
    *("tests/attestation/test_board", "tests/attestation/test_annulling", "tests/attestation/test_outages"),
    *("tests/attestation/test_stage_moves", "tests/attestation/test_deadline_changes"),
    *("tests/attestation/test_serving", "tests/attestation/test_intake_centers"),
    *("tests/appeals/test_faulty.", "tests/appeals/test_sitting_course", "tests/appeals/test_ruling"),
    *("tests/appeals/test_recusal", "tests/appeals/test_filing.", "tests/appeals/test_withdrawal"),
    *(
        "tests/appeals/test_files",
        "tests/attestation/test_amended_order",
        "tests/attestation/test_page_alone",
    ),
    *(
        "tests/attestation/test_positions",
        "tests/attestation/test_grounds",
        "tests/attestation/test_corrections",
    ),
    *("tests/attestation/test_case_commands", "tests/attestation/test_intake_cycle_files"),
    *(
        "tests/jobs/test_recipients",
        "tests/jobs/test_inbox",
        "tests/jobs/test_report",
        "tests/jobs/test_mail",
    ),
    *("tests/scoring/test_score", "tests/scoring/test_voiding", "tests/faults/test_storm_clock"),
    *("tests/attestation/test_correction_requests", "tests/attestation/test_commands_cycle"),
    *("tests/jobs/test_reminders", "tests/jobs/test_sweep"),
    *("tests/appeals/test_blind", "tests/appeals/test_composition", "tests/appeals/test_differing"),
    *("tests/appeals/test_filing_summary", "tests/appeals/test_filing_reopened"),
    *("tests/appeals/test_question_health", "tests/appeals/test_recount", "tests/appeals/test_seats_fixed"),
    *("tests/attestation/test_absences", "tests/attestation/test_former_categories"),
    *("tests/attestation/test_listing", "tests/attestation/test_past_careers", "tests/tables/test_tiles"),
)
# Of those, what PostgreSQL may answer otherwise: as whoever sees all, as whoever is shown the least (voters,
# from whom names are hidden), and what is read out of JSON.
AGAIN = (
    "test_each_page_answers_the_role_as_the_table_says[administrator]",
    "test_each_page_answers_the_role_as_the_table_says[member]",
    "test_a_tile_counts_what_its_list_shows",
    "test_a_held_case_waits_for_each_of_its_codes",
    "test_the_rule_is_for_whoever_may_have_to_vote",
    "test_an_untouched_sitting_has_no_differences",
    "test_sealed_in_either_order_the_rejected_one_is_put_before_the_chair",
    "test_a_made_cycle_of_five_hundred_shows_both_faults_first",
    "test_appeals_and_rulings_stand_beside_the_figures",
    "test_every_list_answers_bad_parameters",
    "test_f_w4_a_form_is_given_a_key_that_is_none[x]",
)
# Of the rest, asked of SQLite as well, a third each day; of what a database alone answers for, always all.
SHARE_OF_THE_SECOND = 3
ALWAYS_ON_BOTH = (
    *("tests/services/", "tests/attestation/test_services", "tests/tables/test_triggers"),
    *(
        "tests/appeals/test_constraints",
        "tests/attestation/test_constraints",
        "tests/scoring/test_constraints",
    ),
    *("tests/config/test_upgrade", "tests/config/test_search", "tests/config/test_sent_forms"),
    *("tests/config/test_unavailable", "tests/tables/test_failing", "tests/tables/test_sent_twice"),
    *("tests/contract/test_examples", "tests/faults/"),
)
# Asked whole each day, also where nothing has changed: the rules, the rights, what a database refuses.
WHOLE_EACH_DAY = ("tests/law/", "tests/architecture/", "tests/tables/", *ALWAYS_ON_BOTH)
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup", "each_database"}


def pytest_configure(config: pytest.Config) -> None:
    """Quick password hashes, and no search for the skin's files by each client that a test makes.

    Everything else is as the product has it; a browser's server finds the files by itself. The translations
    are those that the catalogues hold now, also where somebody asks pytest itself.
    """
    from django.conf import settings

    if not hasattr(config, "workerinput"):
        compile_stale()

    settings.WHITENOISE_USE_FINDERS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """In the second round a file of which nothing is asked again is not even read."""
    place = str(collection_path.relative_to(ROOT))
    if (
        not os.environ.get("SECOND_ROUND")
        or not place.startswith(ON_ONE_DATABASE)
        or not place.endswith(".py")
    ):
        return None
    kept = ("mark.browser", "mark.postgres", *(name.partition("[")[0] for name in AGAIN))
    return not any(name in collection_path.read_text(encoding="utf-8") for name in kept) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first; in the second round, on PostgreSQL, leave out what no database can change."""
    items.sort(key=lambda item: not item.nodeid.startswith(("tests/faults/", "tests/browser/")))
    second = bool(os.environ.get("SECOND_ROUND"))
    chosen = {
        item
        for item in items
        if is_taken(item.nodeid, one_in(item, second=second)) and (not second or depends_on_database(item))
    }
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


def one_in(item: pytest.Item, *, second: bool) -> int:
    """Of tests like this one, one in how many is taken each day."""
    daily = item.get_closest_marker("daily")
    untouched = is_named(item.nodeid, "UNTOUCHED") and not item.nodeid.startswith(WHOLE_EACH_DAY)
    number = daily.args[0] if daily else ONE_OF_THE_UNTOUCHED if untouched else 1
    own = any(item.get_closest_marker(name) for name in ("browser", "postgres"))
    always = own or item.nodeid.startswith(ALWAYS_ON_BOTH) or item.name.startswith(AGAIN)
    return int(number if not second or always else max(number, SHARE_OF_THE_SECOND))


def depends_on_database(item: pytest.Item) -> bool:
    """Whether a second database may answer otherwise, and nothing else asks it the same."""
    if any(item.get_closest_marker(name) for name in ("browser", "postgres")):
        return True
    if item.get_closest_marker("once"):
        return False
    if item.nodeid.startswith(ON_ONE_DATABASE) and not item.name.startswith(AGAIN):
        return False
    if item.get_closest_marker("django_db"):
        return True
    from django.test import SimpleTestCase

    case = getattr(item, "cls", None)
    if case is not None and issubclass(case, SimpleTestCase):
        return True
    return bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded until now stays: no collection of garbage needs to walk through it again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that only PostgreSQL can answer is left out elsewhere, and says so."""
    from django.db import connection

    if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("proves what only PostgreSQL can show; `make test` runs it there")


# --- the database -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """A copy of the migrated database for each worker, instead of the migrations anew."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    with django_db_blocker.unblock():
        template.start_with_a_copy(tmp_path_factory.mktemp("database"), worker)
    yield
    with django_db_blocker.unblock():
        template.end_with_it()


# After a test with real commits: triggers forbid deleting, so the whole database is taken anew.
TransactionTestCase._fixture_teardown = lambda case: template.start_again()


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows that a module's tests share are made once, inside a transaction around all of them.

    Each test is rolled back to them; none may commit for real (`transaction=True`).
    """
    from django.db import transaction

    with django_db_blocker.unblock(), translation.override("en"):
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own: durable blocks may stand inside
        around.__enter__()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest, module_db: None, django_db_blocker: Any) -> Any:
    """What the module's own `made_once()` makes, for all its tests."""
    with django_db_blocker.unblock(), translation.override("en"):
        return request.module.made_once()


@pytest.fixture
def shared(made: Any, db: None) -> Any:
    """The same as a test may change it: objects of its own, on rows that go back to what they were."""
    return deepcopy(made)


@pytest.fixture(scope="session", autouse=True)
def nobody_watches() -> None:
    """A test client's request looks at no clock: the tests of the alarm call it themselves."""
    from django.core.signals import request_finished

    from office.health import alarm

    request_finished.disconnect(dispatch_uid=alarm.JOB)


# --- language ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Asserted messages are the English source; a test of another language overrides it."""
    with translation.override("en"):
        yield


# --- the clock -------------------------------------------------------------------------------------------


@pytest.fixture
def this_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that move time: the product's clock is else PostgreSQL's, which no test moves."""
    from django.utils import timezone

    from attestation import clock

    monkeypatch.setattr(clock, "read", timezone.now)


# --- pages -----------------------------------------------------------------------------------------------


@pytest.fixture
def frame_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sidebar and the banners stand on a person's first page alone: on the others they would be the same.

    They are a third of what a page costs. For tests of many pages that ask nothing of what stands in them.
    """
    from office import banner, navigation

    for module, name in ((navigation, "navigation"), (banner, "of")):
        monkeypatch.setattr(module, name, once_for_each_person(getattr(module, name)))


def once_for_each_person(real: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """What it gives the first time, in each language; after that nothing."""
    seen: set[tuple[int, str | None]] = set()

    def once(request: Any) -> list[Any]:
        who = request.user.pk, translation.get_language()
        if who in seen:
            return []
        if request.user.is_authenticated:
            seen.add(who)
        return real(request)

    return once


# --- Redis ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis of this worker's own."""
    with throwaway_redis() as url:
        yield url


# --- the command line -------------------------------------------------------------------------------------


@pytest.fixture
def manage_py(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run manage.py in a process of its own on an embedded database of its own: manage_py("sweep", "--json").

    `stdin=` is its standard input; other keywords are environment variables.
    """
    clean = template.bare_environment() | {"DATA_DIR": str(tmp_path / "var"), "PYTHONWARNINGS": "error"}

    def run(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            input=stdin,
            env={**clean, **env},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def new_database(tmp_path: Path) -> Path:
    """The embedded database that `manage_py` works on, migrated: the file."""
    place = tmp_path / "var" / "attestation.sqlite3"
    place.parent.mkdir()
    template.copy_sqlite(place)
    return place


# --- Chromium ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the whole run (a Playwright Browser)."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django would refuse its own calls here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=ensure_chromium(),
            args=[
                *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
                *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
            ],
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """A page on the running site: page.goto("/admin/"). A script error or a CSP refusal fails the test."""
    context = chromium.new_context(
        base_url=live_server.url, locale="kk-KZ", viewport={"width": 1360, "height": 900}
    )
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "console",
        lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None,
    )
    yield opened
    context.close()
    assert not troubles
