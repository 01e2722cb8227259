"""Random kills: people at work on the real product while its processes are killed, and the audit afterwards.

A person who gets no answer does the act again; one who is then refused looks whether it is there. At the end
everything that was acknowledged, or seen, must be on record once, with what the order makes of it.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import datetime

from attestation.law.calendar import ALMATY
from tests.contract.desk import PASSWORD
from tests.faults.kills_audit import Findings, audit, audit_effects, audit_letters, calm_down
from tests.faults.kills_killer import Killer
from tests.faults.kills_office import Office
from tests.faults.stack import Stack
from tests.faults.stack_web import Browser

__all__ = ["Findings", "audit_effects", "audit_letters", "calm_down", "set_up", "table", "work"]


def set_up(stack: Stack, *, seed: int, rounds: int, failures: bool = True) -> Office:
    """The office settled; the product not started yet."""
    office, begun = Office(stack, random.Random(seed), datetime.now(ALMATY), rounds), time.monotonic()
    office.settle(failures=failures)
    office.seconds["set-up"] = time.monotonic() - begun
    return office


def work(office: Office, *, kills: int, seed: int, hands: int = 2) -> tuple[Killer, Findings]:
    """The load, the kills, the rest, the audit."""
    stack = office.stack
    killer = Killer(stack, random.Random(seed), list(stack.services))
    stack.wait_for(*stack.services)
    people = [threading.Thread(target=office.hand, args=(n,), daemon=True) for n in range(hands)]
    people.append(threading.Thread(target=office.read_pages, daemon=True))
    for person in people:
        person.start()
    begun = time.monotonic()
    killer.kill(kills)
    office.seconds["kills"] = time.monotonic() - begun
    office.over.set()
    for person in people:
        person.join(180)
    if any(person.is_alive() for person in people):
        office.troubles.append("somebody did not come to an end")
    begun = time.monotonic()
    finish(office)
    office.seconds["rest"] = time.monotonic() - begun
    return killer, audit(office, killer)


def finish(office: Office) -> None:
    """What waited for a sweep, before and after everything has come to rest."""
    calm_down(office)
    browser = Browser(office.stack.web_port)
    browser.log_in("hr", PASSWORD.strip())
    office.catch_up(browser)
    calm_down(office)
    if office.later:
        office.troubles.append(f"{len(office.later)} acts never became possible")


def table(office: Office, killer: Killer, found: Findings) -> str:
    """The figures, for people."""
    kinds = Counter(kill.what for kill in killer.log)
    acts = Counter(act.kind for act in office.acts)
    lines = ["kills".ljust(24) + str(len(killer.log)).rjust(6)]
    lines += [f"  {name}".ljust(24) + str(count).rjust(6) for name, count in sorted(kinds.items())]
    lines.append("acts".ljust(24) + str(len(office.acts)).rjust(6))
    lines += [f"  {name}".ljust(24) + str(count).rjust(6) for name, count in sorted(acts.items())]
    figures = {
        "acknowledged": sum(act.acknowledged for act in office.acts),
        "seen after no answer": sum(act.seen for act in office.acts),
        "tries without an answer": sum(act.tries - 1 for act in office.acts),
        "pages read": sum(office.pages.values()),
        "  without an answer": office.pages["no answer"],
        **{f"seconds, {name}": round(value) for name, value in office.seconds.items()},
        "cases": sum(len(made.people) for made in office.rounds),
        "letters": found.letters,
        "letters repeated": found.repeats,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "not as by the order": len(found.wrong),
    }
    return "\n".join(lines + [name.ljust(24) + str(value).rjust(6) for name, value in figures.items()])
