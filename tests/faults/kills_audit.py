"""After the kills: everything brought to rest, and what is on record against what was promised."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from attestation.law.calendar import appeal_due, grace_due, local_day
from attestation.law.finality import final_on
from attestation.law.parameters import parameters_on
from attestation.law.settings import DEFAULTS
from office.simulate.answers import calendar_from, read_days_moved
from tests.faults.kills_desk import QUIET_AFTER_DAYS, Person, Round
from tests.faults.kills_killer import Killer
from tests.faults.kills_office import Office
from tests.faults.stack_mail import Taken

# --- the audit ----------------------------------------------------------------------------------------------


@dataclass
class Findings:
    """What is wrong, by kind; all empty is a pass."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    letters: int = 0
    repeats: int = 0

    def all(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.wrong]


def calm_down(office: Office) -> None:
    """Everything up, then sweeps far ahead until nothing is left to do."""
    stack = office.stack
    stack.wait_for(*(name for name, service in stack.services.items() if service.wanted))
    for name in stack.services:
        if name.startswith(("worker", "beat")):
            # Gently: a sweep that is killed holds the next one up for the rest of its lease.
            stack.stop(name, gently=True)
    rest(office, office.at(-QUIET_AFTER_DAYS))
    # What was told then stands in the digests of the day after.
    rest(office, office.at(-QUIET_AFTER_DAYS - 1))


def rest(office: Office, at: str) -> None:
    """Sweeps of one moment, until one finds nothing to do."""
    stack = office.stack
    for _ in range(60):
        done = stack.manage("sweep", "--at", at, "--json", within_s=300)
        assert done.returncode == 0, done.stdout + done.stderr
        said = json.loads(done.stdout)
        changed = [v for k, v in said.items() if isinstance(v, int) and not isinstance(v, bool) and v]
        if said["ran"] and not changed:
            return
        if not said["ran"]:
            time.sleep(5)
    raise AssertionError("the sweeps do not come to rest")


def audit(office: Office, killer: Killer) -> Findings:
    """Everything that is promised, against what is there."""
    found = Findings()
    for act in office.acts:
        if not (act.acknowledged or act.seen):
            continue
        number_of = office.one(act.evidence)
        if number_of < 1:
            found.lost.append(f"{act.kind} {act.key}: acknowledged, and not there")
        elif number_of > 1:
            found.doubled.append(f"{act.kind} {act.key}: {number_of} times")
    audit_effects(office, found)
    audit_letters(office, killer, found)
    audit_verdicts(office, found)
    broken = json.loads(office.stack.manage("verify_journal", "--json").stdout)["broken"]
    if broken:
        found.wrong.append(f"the journal is broken: {broken}")
    return found


ONCE = {
    "finalised": "SELECT subject, COUNT(*) FROM attestation_journalentry WHERE act = 'finalise' "
    "GROUP BY subject HAVING COUNT(*) > 1",
    "final decision": "SELECT attestation_id, COUNT(*) FROM attestation_decision WHERE state = 'final' "
    "GROUP BY attestation_id HAVING COUNT(*) > 1",
    "consequence": "SELECT attestation_id, kind, COUNT(*) FROM attestation_consequence "
    "GROUP BY attestation_id, kind HAVING COUNT(*) > 1",
    "term": "SELECT attestation_id, kind, COUNT(*) FROM attestation_deadline WHERE state <> 'void' "
    "AND attestation_id IS NOT NULL AND kind <> 'category' GROUP BY attestation_id, kind HAVING COUNT(*) > 1",
    "deadline closed": "SELECT subject, COUNT(*) FROM attestation_journalentry WHERE act LIKE 'deadline_%' "
    "GROUP BY subject HAVING COUNT(*) > 1",
    "notice": "SELECT attestation_id, kind, user_id, employee_id, COUNT(*) FROM attestation_notice "
    "WHERE kind IN ('result_published', 'decision_final', 'listed', 'appeal_resolved') "
    "GROUP BY attestation_id, kind, user_id, employee_id HAVING COUNT(*) > 1",
    "category term": "SELECT employee_id, starts_on, COUNT(*) FROM attestation_categoryterm "
    "GROUP BY employee_id, starts_on HAVING COUNT(*) > 1",
}
NONE_LEFT = {
    "a final decision without its journal entry": "SELECT d.id FROM attestation_decision d WHERE d.state = "
    "'final' AND NOT EXISTS (SELECT 1 FROM attestation_journalentry j WHERE j.act = 'finalise' "
    "AND j.attestation_id = d.attestation_id)",
    "a final decision without its notice": "SELECT d.id FROM attestation_decision d WHERE d.state = 'final' "
    "AND NOT EXISTS (SELECT 1 FROM attestation_notice n WHERE n.kind = 'decision_final' "
    "AND n.attestation_id = d.attestation_id)",
    "a published result without its term": "SELECT r.id FROM attestation_result r WHERE r.published_at IS "
    "NOT NULL AND r.supersedes_id IS NULL AND NOT EXISTS (SELECT 1 FROM attestation_deadline t "
    "WHERE t.kind = 'appeal' AND t.attestation_id = r.attestation_id)",
    "a term that is over and open": "SELECT id FROM attestation_deadline WHERE state = 'open' "
    "AND kind IN ('appeal', 'grace', 'scoring')",
    # What waits for the next digest is not left.
    "a notice that stays queued": "SELECT id FROM attestation_notice WHERE state = 'failed' "
    "OR (state = 'queued' AND NOT (in_digest AND digest_id IS NULL))",
    "work that failed for good": "SELECT id FROM attestation_workfailure WHERE solved_at IS NULL",
    "an effect that waits": "SELECT id FROM attestation_readyeffect WHERE state = 'waiting'",
}


def audit_effects(office: Office, found: Findings) -> None:
    """Legal effects once each, none missing."""
    for what, query in ONCE.items():
        found.doubled += [f"{what}: {row}" for row in office.sql(query)]
    for what, query in NONE_LEFT.items():
        found.lost += [f"{what}: {row}" for row in office.sql(query)]


def audit_letters(office: Office, killer: Killer, found: Findings, leave_out: Collection[int] = ()) -> None:
    """Each sent notice reached the mail server; more than once only where its sender was killed."""
    import hashlib

    sent = office.sql(
        "SELECT n.id, COALESCE(d.key, n.key), COALESCE(u.email, e.email) FROM attestation_notice n "
        "LEFT JOIN attestation_notice d ON d.id = n.digest_id "
        "LEFT JOIN attestation_user u ON u.id = n.user_id "
        "LEFT JOIN attestation_employee e ON e.id = n.employee_id WHERE n.sent_at IS NOT NULL"
    )
    promised = {
        f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}": (key, to)
        for pk, key, to in sent
        if pk not in leave_out
    }
    taken: dict[str, list[Taken]] = {}
    for one in office.stack.mail.taken:
        digest = one.key.split("@")[0]
        if digest not in promised or promised[digest][1] != one.to:
            found.wrong.append(f"a letter to {one.to} that no notice stands for: {one.key}")
        taken.setdefault(digest, []).append(one)
    found.lost += [f"sent, and never received: {promised[d]}" for d in promised if d not in taken]
    found.letters, found.repeats = len(taken), office.stack.mail.repeats()
    for digest, times in taken.items():
        for first, second in pairwise(times):
            if not killer.excuses(first, second):
                found.doubled.append(f"a letter twice, its sender not killed: {promised.get(digest)}")


def audit_verdicts(office: Office, found: Findings) -> None:
    """Each case as the order has it, by the pure rules alone."""
    lines, reported = [], []
    for made in office.rounds:
        said = json.loads(office.stack.manage("report", "--cycle", made.code, "--json").stdout)
        rows = {row["iin"]: row for row in said["attestations"]}
        for person in made.people:
            row = rows.get(person.iin)
            if row is None:
                found.lost.append(f"{made.code} {person.iin}: not in the report")
            elif person.correct is None:
                expected = "closed" if person.iin in made.closed else "absent"
                if row["status"] != expected:
                    found.wrong.append(f"{made.code} {person.iin}: {row['status']}, not {expected}")
            else:
                lines.append(facts_of(office, made, person))
                reported.append((made.code, person.iin, row))
    asked = office.stack.manage("simulate_decisions", stdin="\n".join(json.dumps(line) for line in lines))
    for answer, (code, iin, row) in zip(asked.stdout.splitlines(), reported, strict=True):
        compare(json.loads(answer), f"{code} {iin}", row, found)


def facts_of(office: Office, made: Round, person: Person) -> dict[str, Any]:
    """A line for `simulate_decisions`: what was put in, and the day that follows from it."""
    pk = office.case_pk(made, person)
    published = office.one(
        f"SELECT published_at FROM attestation_result WHERE attestation_id = {pk} AND supersedes_id IS NULL"
    )
    if isinstance(published, str):
        published = datetime.fromisoformat(published + "+00:00")
    params = parameters_on(made.ends)
    calendar = calendar_from(local_day(published).year, read_days_moved({}))
    grace = grace_due(appeal_due(published, calendar, params).due_on, calendar, DEFAULTS)
    ruling = made.ruled.get(person.iin)
    waited = [made.ends] + ([local_day(ruled_at(office, pk))] if ruling else [])
    return {
        "id": person.iin,
        "position": person.position,
        "purpose": person.purpose,
        "repeat": person.repeat,
        "existing": (person.category or "none") if person.purpose == "category" else None,
        "declared": person.declared or None,
        "correct": (person.correct or 0) + (ruling == "uphold"),
        "total": 100,
        "rating": "5" if person is made.people[2] and not made.live else None,
        "violations": (1 if person is made.people[2] and not made.live else 0),
        "decided_on": final_on(grace.due_on, waited).isoformat(),
    }


def ruled_at(office: Office, pk: int) -> datetime:
    """When the appeal was closed, by the record."""
    at = office.one(f"SELECT last_appeal_closed_at FROM attestation_attestation WHERE id = {pk}")
    return datetime.fromisoformat(at + "+00:00") if isinstance(at, str) else at


def compare(answer: Mapping[str, Any], where: str, row: Mapping[str, Any], found: Findings) -> None:
    """The report against the pure rules."""
    if answer["error"]:
        found.wrong.append(f"{where}: {answer['error']}")
        return
    expected = {"status": "final", "final": True}
    expected |= {name: answer[name] for name in ("decision", "category", "reattest_by", "category_until")}
    for name, value in expected.items():
        if row[name] != value:
            found.wrong.append(f"{where}: {name} {row[name]!r}, by the order {value!r}")
    if sorted(row["consequences"]) != sorted(answer["consequences"]):
        found.wrong.append(f"{where}: {row['consequences']}, by the order {answer['consequences']}")
