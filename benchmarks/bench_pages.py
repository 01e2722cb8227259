"""What each page of each role costs with 100,000 cases against 10,000, measured in one run on PostgreSQL.

    python -m benchmarks.bench_pages [SMALL LARGE]      10,000 and 100,000 unless given

Two databases of one throw-away server. Every page that a role may open is asked for twice; of the second time
the CPU of this process and of its backend is taken, and the number of queries but for the line in the log of
views. A page that grew is asked for again, several times, at both sizes in turn, and the least counts: once a
minute a request also writes when its session was last seen. No page may grow by more than half but for what
it shows (its text grew as much: a list that is not full with the fewer cases), nor ask over 25 times, nor ask
more because there is more. TABLE=file keeps all the figures; ROLES=hr,member asks for these alone.
PAGES=notice for pages with that in their names; KEEP=folder keeps the databases for the next run.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.copies import create, go_to, run, set_up
from scripts.servers import throwaway_postgres

SIZES = (10_000, 100_000)
ALLOWED, MOST_QUERIES = 1.5, 25
# A page that grew by more than this is measured again.
SUSPECT, AGAIN = 1.25, 4
# Less than this is nothing: the clocks of two processes are read around each page.
LEAST_MS = 5.0
# What a page of a person's record leaves behind; it reads nothing.
LOGGED = 'INSERT INTO "attestation_viewentry"'
# Of each table its list and a record; the forms and the journals of records show one row, as records do.
KINDS = (" list", " record")
LEFT_OUT = ("login", "logout", "password_change", "password_change_done", "jsi18n", "view_on_site")
SEARCHES = {
    "search a first name": "Айгүл",
    "search a last name": "Оспанова",
    "search both names": "оспанова айг",
    "search a number": "G-77",
    "search an IIN": "600000000077",
}


@dataclass
class Cost:
    """Of one page for one role."""

    queries: list[int] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    octets: int = 0

    @property
    def least_ms(self) -> float:
        """The CPU of the cheapest time it was asked for."""
        return min(self.cpu_ms)

    @property
    def least_queries(self) -> int:
        """How often it asks the database where it does not write besides."""
        return min(self.queries)


# The method, the address and what is sent.
Asked = tuple[str, str, dict[str, str]]
Page = tuple[str, str]
Costs = dict[Page, Cost]


def main() -> None:
    sizes = tuple(int(word.replace("_", "")) for word in sys.argv[1:]) or SIZES
    keep = Path(os.environ["KEEP"]) if "KEEP" in os.environ else None
    with throwaway_postgres(keep and keep / "server") as url, tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        record, rows = on_record(keep and keep / "record")
        pages, costs = pages_of(record), {}
        people: dict[int, dict[str, Any]] = {}
        shown: list[Page] = []
        for size in sizes:
            make(size, rows)
            people[size] = people_of(record)
            shown = shown or opened(pages, people[size])
            costs[size] = measure(shown, pages, people[size])
            say(f"{len(shown)} pages measured")
        suspects = [page for page in shown if is_suspect(costs, page)]
        say(f"{len(suspects)} of them are measured again, at both sizes in turn")
        for page in suspects:
            again(page, pages, people, costs)
        report(costs, *sizes)


def say(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


def on_record(kept: Path | None) -> tuple[Any, dict[str, Any]]:
    """Something of everything, and the rows to be copied; read again where an earlier run kept them."""
    from django.core.management import call_command
    from django.db import transaction

    from benchmarks.back_office import prototypes
    from tests.tables.page_cast import job_of, make_everything

    if kept and kept.exists():
        go_to("base")
        call_command("migrate", verbosity=0)
        found: tuple[Any, dict[str, Any]] = pickle.loads(kept.read_bytes())  # this file wrote it
        return found
    create("base")
    with transaction.atomic():
        record = make_everything()
        job_of(record.office.region.officer, "staff")
        rows = prototypes(record)
    if kept:
        kept.write_bytes(pickle.dumps((record, rows)))
    return record, rows


def make(size: int, rows: dict[str, Any]) -> None:
    """Go over to a database of so many cases; a kept one gets the migrations it lacks."""
    from django.core.management import call_command

    from benchmarks.back_office import fill

    begun, name = time.perf_counter(), f"of_{size}"
    go_to("postgres")
    if is_there(name):
        go_to(name)
        call_command("migrate", verbosity=0)
        run("ANALYZE")
        return
    run(f"CREATE DATABASE {name} TEMPLATE base")
    # All that a page costs the database is then in the one backend.
    run(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    go_to(name)
    fill(rows, size)
    # A kept server is stopped as a throw-away one is: it would do all of it again at its next start.
    run("CHECKPOINT")
    say(f"{size} cases put on record in {time.perf_counter() - begun:.0f} s")


def is_there(name: str) -> bool:
    """Whether the server has the database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name])
        return bool(cursor.fetchone()[0])


# --- what is asked for --------------------------------------------------------------------------------------


def pages_of(record: Any) -> dict[str, Asked]:
    """By name, what is asked for; whoever only reads changes nothing."""
    from tests.attestation.admin_cast import url
    from tests.tables.page_cast import addresses

    found = {
        name: (method, path, {})
        for name, (method, path) in addresses(record).items()
        if method == "GET" and name not in LEFT_OUT and (" " not in name or name.endswith(KINDS))
    }
    case, cycle = f"{1_000_000 + 77}", f"{1_000_000}"
    found["a case of the many"] = ("GET", url("attestation_attestation_change", case), {})
    found["a cycle of the many"] = ("GET", url("attestation_cycle_change", cycle), {})
    found["cases, filtered"] = (
        "GET",
        url("attestation_attestation_changelist") + "?status__exact=held",
        {},
    )
    found["staff, searched"] = ("GET", url("attestation_employee_changelist") + "?q=Айгүл", {})
    for name, typed in SEARCHES.items():
        found[name] = ("POST", url("search"), {"q": typed, "typed": "1"})
    choices = "?app_label=attestation&model_name=user&field_name=employee"
    found["a choice typed into"] = ("POST", url("autocomplete") + choices, {"term": "Айгүл"})
    wanted = os.environ.get("PAGES", "")
    return {name: asked for name, asked in found.items() if wanted in name}


def people_of(record: Any) -> dict[str, Any]:
    """Somebody of each role at the screen; whoever votes has read the names of the agenda."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    from attestation.models import Role
    from tests.tables.page_cast import at_the_screen

    setup_test_environment()
    roles = os.environ.get("ROLES", ",".join(Role.values)).split(",")
    found = {role: at_the_screen(record, role) for role in roles}
    # Not while pages are measured: it keeps what each template was given.
    teardown_test_environment()
    return found


# --- measuring ----------------------------------------------------------------------------------------------


def opened(pages: dict[str, Asked], people: dict[str, Any]) -> list[Page]:
    """What each role may open; whatever a page costs the first time alone is over then."""
    logging.disable()
    return [(role, name) for role in people for name in pages if ask(people[role], pages[name])[0] == 200]


def measure(shown: list[Page], pages: dict[str, Asked], people: dict[str, Any]) -> Costs:
    """Each page once."""
    costs: Costs = {page: Cost() for page in shown}
    for role, name in shown:
        take(people[role], pages[name], costs[role, name])
    return costs


def again(
    page: Page, pages: dict[str, Asked], people: dict[int, dict[str, Any]], costs: dict[int, Costs]
) -> None:
    """Ask for it several times more, at each size in turn, until it turns out well; each time the first
    answer is for nothing. What else the machine does meanwhile weighs on both alike.
    """
    role, name = page
    for _turn in range(AGAIN):
        for size, all_costs in costs.items():
            go_to(f"of_{size}")
            ask(people[size][role], pages[name])
            for _time in range(2):
                take(people[size][role], pages[name], all_costs[page])
        if not is_suspect(costs, page):
            return


def ask(client: Any, page: Asked) -> tuple[int, int]:
    """The status of the answer, and its length read to the end."""
    method, path, sent = page
    call = client.get if method == "GET" else client.post
    answer = call(path, sent, HTTP_HOST="localhost") if sent else call(path, HTTP_HOST="localhost")
    return int(answer.status_code), sum(len(piece) for piece in answer)


def take(client: Any, page: Asked, cost: Cost) -> None:
    """Ask for the page and put down what it cost."""
    from django.db import connection

    connection.ensure_connection()
    backend = f"/proc/{connection.connection.info.backend_pid}/schedstat"
    queries = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal queries
        queries += not sql.startswith(LOGGED)
        return execute(sql, params, many, context)

    before = ran_ms(backend), time.process_time()
    with connection.execute_wrapper(count):
        _status, cost.octets = ask(client, page)
    cost.cpu_ms.append(ran_ms(backend) - before[0] + 1000 * (time.process_time() - before[1]))
    cost.queries.append(queries)


def ran_ms(schedstat: str) -> float:
    """How long a process was on a CPU; far finer than the ticks of `stat`."""
    return int(Path(schedstat).read_text().split()[0]) / 1_000_000


# --- what came of it ----------------------------------------------------------------------------------------


def growth(costs: dict[int, Costs], page: Page, sizes: tuple[int, ...]) -> float:
    """How many times as much the page costs with more on record."""
    small, large = (costs[size][page].least_ms for size in sizes)
    return max(large, LEAST_MS) / max(small, LEAST_MS)


def shows(costs: dict[int, Costs], page: Page) -> float:
    """How many times as long the page is with more on record; 1 where it is no longer."""
    small, large = (of_size[page].octets for of_size in costs.values())
    return max(1.0, large / small)


def is_suspect(costs: dict[int, Costs], page: Page) -> bool:
    """Whether the page may be one of those that are not as they must be."""
    few, many = (of_size[page].least_queries for of_size in costs.values())
    return growth(costs, page, tuple(costs)) > SUSPECT or many > min(few, MOST_QUERIES)


def report(costs: dict[int, Costs], small: int, large: int) -> None:
    """Print how many pages there are and how they grow; then all that are not as they must be."""
    pages = list(costs[large])
    lines, bad = [], []
    for page in pages:
        one, other = costs[small][page], costs[large][page]
        ratio, few, many = growth(costs, page, (small, large)), one.least_queries, other.least_queries
        longer = shows(costs, page)
        line = f"{page[0]:14}{page[1]:52}{few:4}{many:4}{one.least_ms:9.1f}{other.least_ms:9.1f}{ratio:7.2f}"
        lines.append((ratio, f"{line}{longer:8.2f}"))
        if ratio > ALLOWED * longer or many > min(few, MOST_QUERIES):
            bad.append(lines[-1][1])
    lines.sort(reverse=True)
    head = f"{'role':14}{'page':52}   queries    ms of CPU    ratio  longer"
    if keep := os.environ.get("TABLE"):
        Path(keep).write_text("\n".join([head, *(line for _ratio, line in lines)]) + "\n")
    ratios = sorted(ratio for ratio, _line in lines)
    print(
        f"{len(pages)} pages of {len({role for role, _name in pages})} roles, {large} cases against {small}:"
        f" ratio {ratios[len(ratios) // 2]:.2f} in the middle, {ratios[-1]:.2f} at worst (allowed {ALLOWED})"
    )
    print(f"queries: {max(cost.least_queries for cost in costs[large].values())} at most ({MOST_QUERIES})")
    print("\n".join([head, *bad]) if bad else "none grows, asks too much or asks more", flush=True)


if __name__ == "__main__":
    main()
