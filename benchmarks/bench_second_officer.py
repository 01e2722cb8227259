"""How much slower one officer's pages are while another uploads spoiled files without pause, on PostgreSQL.

    python -m benchmarks.bench_second_officer

The product as it is run: gunicorn, one worker, Redis, a throw-away PostgreSQL. The second officer fetches the
home page, the list of staff and the page of a case in turn, for some seconds with the uploads and for as many
without, over and over; the ratio is that of the medians. A file is read by a child process, so that the web
process stays free for others.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import chain, cycle

from tests.contract.desk import PASSWORD
from tests.faults.mutations import spoiled
from tests.faults.stack import add_product, running_stack
from tests.faults.stack_web import Browser

ALLOWED = 2
ROUNDS, SECONDS = 6, 5
FILES, PEOPLE, LISTED = 300, 300, 20
UPLOAD = "/admin/attestation/importjob/upload/staff/"


def main() -> None:
    with running_stack(0, postgres=True) as stack:
        os.environ |= stack.desk_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        pages = put_on_record()
        add_product(stack, "config", beats=0)
        stack.wait_for("web")
        first, second = Browser(stack.web_port), Browser(stack.web_port)
        first.log_in("first", PASSWORD.strip())
        second.log_in("second", PASSWORD.strip())
        sys.exit(0 if measure(first, second, pages) else 1)


def put_on_record() -> dict[str, str]:
    """A centre with its staff, a list, and two officers; gives the pages that the second one looks at."""
    from attestation.models import Role
    from tests.jobs.story import Story

    story = Story()
    people = [story.employee() for _number in range(PEOPLE)]
    cases = [story.listed(person) for person in people[:LISTED]]
    for name in ("first", "second"):
        officer = story.account(name, Role.HR, story.mobility)
        officer.is_staff = True
        officer.set_password(PASSWORD.strip())
        officer.save()
    return {
        "home": "/admin/",
        "staff": "/admin/attestation/employee/",
        "case": f"/admin/attestation/attestation/{cases[0].pk}/change/",
    }


@dataclass
class Uploads:
    """An officer who uploads one spoiled file after the other, while told to."""

    browser: Browser
    files: list[tuple[str, bytes]] = field(default_factory=lambda: [spoiled(seed) for seed in range(FILES)])
    answers: dict[int, int] = field(default_factory=dict)
    busy: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Until it is over. What is refused is answered with 422, what can be read with 302."""
        form = self.browser.get(UPLOAD)
        for name, data in cycle(self.files):
            while not self.busy.wait(0.2):
                if self.over.is_set():
                    return
            status = self.browser.upload(UPLOAD, form, name, data).status
            self.answers[status] = self.answers.get(status, 0) + 1


def measure(first: Browser, second: Browser, pages: dict[str, str]) -> bool:
    """With and without in turn; print each page's medians and the ratio. True where it is as it must be."""
    spent: dict[bool, dict[str, list[float]]] = {busy: {page: [] for page in pages} for busy in (True, False)}
    uploads = Uploads(first)
    look(second, pages, {page: [] for page in pages})  # warms it up
    thread = threading.Thread(target=uploads.work, daemon=True)
    thread.start()
    for number in range(ROUNDS):
        for busy in (True, False) if number % 2 else (False, True):
            (uploads.busy.set if busy else uploads.busy.clear)()
            time.sleep(0.5)
            look(second, pages, spent[busy])
    uploads.over.set()
    uploads.busy.clear()
    thread.join(30)
    assert set(uploads.answers) == {302, 422}, uploads.answers
    for page in pages:
        report(page, spent[True][page], spent[False][page])
    count = sum(uploads.answers.values())
    with_, without = (list(chain(*spent[busy].values())) for busy in (True, False))
    return report(f"pages while {count} spoiled files were uploaded", with_, without) <= ALLOWED


def look(browser: Browser, pages: dict[str, str], spent: dict[str, list[float]]) -> None:
    """Fetch the pages in turn for some seconds; how long each took."""
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        for page, path in pages.items():
            begun = time.perf_counter()
            answer = browser.get(path)
            spent[page].append(time.perf_counter() - begun)
            assert answer.status == 200, (path, answer.status)


def report(what: str, with_uploads: list[float], without: list[float]) -> float:
    """Print the medians and their ratio, and give it."""
    slow, quick = statistics.median(with_uploads), statistics.median(without)
    print(
        f"{what}: {slow * 1000:.0f} ms against {quick * 1000:.0f} ms, ratio {slow / quick:.2f}"
        f" (allowed {ALLOWED}; {len(with_uploads)} and {len(without)} pages)",
        flush=True,
    )
    return slow / quick


if __name__ == "__main__":
    main()
