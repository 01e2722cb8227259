"""How the machinery stands: a line for each part, in words, with a sign, since when, and what to do next.

The thresholds are ours. Reading costs the same few queries whatever is in the tables; Redis is asked with a
short time-out, so that the page opens while it is away (F-D6).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, Min, Q, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from attestation.admin.ready import safeguard_words
from attestation.admin.work_words import step_words
from attestation.law.calendar import ALMATY, local_day, zone_offset
from attestation.models import (
    CalendarYear,
    Heartbeat,
    JobRun,
    Notice,
    Outage,
    ReadyEffect,
    WorkFailure,
)
from attestation.notices.by_hand import to_serve
from attestation.notices.reach import unheard
from office.health.hearers import escalation_line, officers_line
from office.health.leans_on import disk_line, mail_line, redis_line
from office.health.line import BAD, GOOD, WAIT, Line
from office.health.risks import RISKS
from office.sweep import DELIVER_EVERY_S, SWEEP_EVERY_S, clocks, sweep

# Three periods: one missed run is a restart, three are a fault.
SWEEP_LATE = timedelta(seconds=3 * SWEEP_EVERY_S)
SILENT = timedelta(seconds=3 * DELIVER_EVERY_S)
# A process that was replaced stops being asked about, once another of its kind works.
FORGOTTEN = timedelta(days=1)
UNSENT_LONG = timedelta(hours=1)
UNSENT_TOO_LONG = timedelta(hours=24)
REPLAY_OLD = timedelta(hours=48)
FROM_OCTOBER = 10


def lines(now: datetime) -> list[Line]:
    """Every part, in the order in which one asks when something is wrong."""
    jobs = {run.name: run for run in JobRun.objects.filter(name__in=("sweep", "replay"))}
    return [
        *machine_lines(jobs.get("sweep"), now),
        ready_line(),
        safeguards_line(jobs.get("sweep")),
        attention_line(),
        *notice_lines(now),
        officers_line(),
        escalation_line(now),
        outage_line(),
        *calendar_lines(now),
        clock_line(),
        zone_line(),
        risks_line(),
        replay_line(jobs.get("replay"), now),
    ]


def machine(now: datetime) -> list[Line]:
    """The parts without which no work is done by itself."""
    return machine_lines(JobRun.objects.filter(name=sweep.JOB).first(), now)


def machine_lines(run: JobRun | None, now: datetime) -> list[Line]:
    """The same, where the last sweep is known."""
    return [sweep_line(run, now), *process_lines(now), redis_line(), mail_line(), disk_line()]


# --- the work itself -----------------------------------------------------------------------------------


def is_late(finished_at: datetime | None, now: datetime) -> bool:
    """F-D6: whether more than three periods have passed since a sweep was last finished."""
    return finished_at is None or now - finished_at > SWEEP_LATE


def sweep_line(run: JobRun | None, now: datetime) -> Line:
    """The sweep: when it was last finished, what it did, which of its steps failed."""
    title = _("Sweep of deadlines")
    finished = run.finished_at if run else None
    if is_late(finished, now):
        state = _("late: background work is delayed") if finished else _("has not run yet")
        todo = _(
            "The person who runs the server sees whether worker, beat and Redis run. Nothing is lost: the "
            "next sweep does whatever is due."
        )
        return Line("sweep", title, BAD, state, finished, todo)
    summary = run.summary if run else {}
    failed = summary.get("failed") or {}
    if failed:
        state = _("finished; these steps failed: %(steps)s") % {
            "steps": ", ".join(map(step_words, sorted(failed)))
        }
        todo = _("The log of the worker names the error. The next sweep tries again by itself.")
        return Line("sweep", title, BAD, state, finished, todo)
    counts = [f"{step_words(name)}: {summary[name]}" for name in sweep.NAMES if summary.get(name)]
    done = ", ".join(counts) or _("nothing was due")
    return Line("sweep", title, GOOD, _("on time; the last one: %(done)s") % {"done": done}, finished)


def process_lines(now: datetime) -> list[Line]:
    """F-D7: worker and beat, by the work that reached them: one that is deaf looks alive from outside."""
    seen: dict[str, list[Heartbeat]] = {"worker": [], "beat": []}
    for row in Heartbeat.objects.order_by("kind", "-seen_at"):
        seen.setdefault(row.kind, []).append(row)
    found: list[Line] = []
    for kind, rows in seen.items():
        found += [process_line(kind, rows[:1], now)]
        # Tasks fall to the workers at random: of several, a silent one is to be looked at, not an alarm.
        found += [
            Line(f"{kind}:{row.name}", name_of(kind, row), WAIT, _("silent"), row.seen_at, _("Restart it."))
            for row in rows[1:]
            if SILENT * len(rows) < now - row.seen_at <= FORGOTTEN
        ]
    return found


def name_of(kind: str, row: Heartbeat | None) -> str:
    """The process in words."""
    words = {"worker": _("Worker"), "beat": _("Scheduler (beat)")}.get(kind, kind)
    return f"{words} {row.name}" if row and row.name != kind else str(words)


def process_line(kind: str, rows: list[Heartbeat], now: datetime) -> Line:
    """The process of the kind that was last heard of."""
    row = rows[0] if rows else None
    title, since = name_of(kind, row), row.seen_at if row else None
    if row is not None and now - row.seen_at <= SILENT:
        return Line(kind, title, GOOD, _("works"), since)
    if not settings.REDIS_URL and row is None:
        state = _("none: this installation has no queue")
        return Line(
            kind,
            title,
            WAIT,
            state,
            None,
            _("The server's scheduler has to start the sweeps: ask the person who runs the server."),
        )
    state = _("silent: nothing from the queue has reached it") if row else _("was never heard of")
    todo = _("Restart it. If it stays silent, see whether Redis answers.")
    return Line(kind, title, BAD, state, since, todo)


def ready_line() -> Line:
    """F-D2, F-D8: effects that wait for a person."""
    rows = list(ReadyEffect.objects.waiting().values_list("brakes", "ready_at"))
    title, url = _("Ready: confirm"), reverse("admin:attestation_readyeffect_changelist")
    if not rows:
        return Line("ready", title, GOOD, _("no effect waits"), url=url)
    held_by = sorted({str(safeguard_words(code)) for safeguards, _at in rows for code in safeguards})
    state = ngettext("%(count)s effect waits: %(why)s", "%(count)s effects wait: %(why)s", len(rows)) % {
        "count": len(rows),
        "why": "; ".join(held_by),
    }
    todo = _("The commission's chair or secretary, or an administrator, confirms them on one page.")
    return Line("ready", title, WAIT, state, min(at for _safeguards, at in rows), todo, url)


def safeguards_line(run: JobRun | None) -> Line:
    """F-D8: the safeguards that were on in the last sweep."""
    title, on = _("Brakes"), (run.summary.get("brakes") if run else None) or []
    if not on:
        return Line("brakes", title, GOOD, _("none is on"))
    words = "; ".join(str(safeguard_words(code)) for code in on)
    todo = _(
        "What they hold stands under “Ready: confirm”. See whether the clock and the calendar are right."
    )
    return Line("brakes", title, WAIT, words, run.finished_at if run else None, todo)


def attention_line() -> Line:
    """F-D18: rows on which scheduled work fails."""
    found = WorkFailure.objects.filter(solved_at__isnull=True).aggregate(n=Count("pk"), since=Min("first_at"))
    title, url = _("Needs attention"), reverse("admin:attestation_workfailure_changelist")
    if not found["n"]:
        return Line("attention", title, GOOD, _("no work fails"), url=url)
    state = ngettext("work fails on %(count)s record", "work fails on %(count)s records", found["n"])
    todo = _("See what is wrong with each record, then let the work be tried again.")
    return Line("attention", title, BAD, state % {"count": found["n"]}, found["since"], todo, url)


# --- notices, the calendar -------------------------------------------------------------------------------


def notice_lines(now: datetime) -> list[Line]:
    """F-D20, F-D21: the oldest notice that should have left, and those that could not be sent."""
    # A failed attempt moves `not_before` ahead; the notice has been unsent since it was made all the same.
    # One that waits for its digest is late from that moment on; the lines of one on its way are in it.
    unsent = Q(state=Notice.State.QUEUED, digest=None) & (Q(not_before__lte=now) | Q(attempts__gt=0))
    since = Case(When(in_digest=True, then="not_before"), default="created_at")
    found = Notice.objects.filter(unsent).aggregate(n=Count("pk"), oldest=Min(since))
    # What nobody got and what is of no use any more are two things: only the former is a task.
    by_hand = to_serve(Notice.objects.all()).aggregate(n=Count("pk"), since=Min("created_at"))
    return [_unsent_line(found, now), _failed_line(by_hand), unheard_line()]


def _unsent_line(found: dict[str, Any], now: datetime) -> Line:
    title, oldest = _("Notices to be sent"), found["oldest"]
    if oldest is None:
        return Line("unsent", title, GOOD, _("all were sent"))
    state = ngettext("%(count)s waits", "%(count)s wait", found["n"]) % {"count": found["n"]}
    waits = now - oldest
    tone = BAD if waits > UNSENT_TOO_LONG else WAIT if waits > UNSENT_LONG else GOOD
    todo = _("See whether the mail server of EMAIL_URL answers; each letter is tried for 72 hours.")
    return Line("unsent", title, tone, state, oldest, todo if tone != GOOD else "")


def _failed_line(found: dict[str, Any]) -> Line:
    title = _("Notices to be served by hand")
    url = reverse("admin:attestation_notice_changelist") + "?by_hand=open"
    if not found["n"]:
        return Line("failed", title, GOOD, _("none"), url=url)
    state = ngettext("%(count)s notice", "%(count)s notices", found["n"]) % {"count": found["n"]}
    return Line("failed", title, WAIT, state, found["since"], _("HR serves them by hand."), url)


def unheard_line() -> Line:
    """I-37: people with a consequence of which nobody has heard."""
    found = unheard().aggregate(n=Count("attestation__employee", distinct=True), since=Min("formed_at"))
    title = _("Consequences that reached nobody")
    url = reverse("admin:attestation_decision_changelist") + "?heard=nobody"
    if not found["n"]:
        return Line("unheard", title, GOOD, _("none"), url=url)
    state = ngettext("%(count)s person", "%(count)s people", found["n"]) % {"count": found["n"]}
    todo = _(
        "Make an account for an HR officer of the centre or of the labour mobility centre above it, and "
        "serve the decision by hand: neither an officer nor the employee has heard of the consequence."
    )
    return Line("unheard", title, WAIT, state, found["since"], todo, url)


def outage_line() -> Line:
    """F-D2: outages about whose deadlines nobody has decided."""
    found = Outage.objects.open().aggregate(n=Count("pk"), since=Min("began_at"))
    title = _("Outages")
    if not found["n"]:
        return Line("outages", title, GOOD, _("none is open"))
    state = ngettext("%(count)s is not settled", "%(count)s are not settled", found["n"])
    todo = _("Decide about the terms that it cut into: extend them or let them stand, with a reason.")
    return Line("outages", title, WAIT, state % {"count": found["n"]}, found["since"], todo)


def calendar_lines(now: datetime) -> list[Line]:
    """I-09: this year's calendar, and from October on the next one's."""
    today = local_day(now)
    wanted = [today.year] + ([today.year + 1] if today.month >= FROM_OCTOBER else [])
    known = {row.year: row.confirmed_at for row in CalendarYear.objects.filter(year__in=wanted)}
    return [_calendar_line(year, known.get(year), this=year == today.year) for year in wanted]


def _calendar_line(year: int, confirmed_at: datetime | None, *, this: bool) -> Line:
    title = _("Calendar of %(year)s") % {"year": year}
    url = reverse("admin:attestation_calendaryear_changelist")
    if confirmed_at:
        return Line(f"calendar:{year}", title, GOOD, pgettext("calendar", "confirmed"), confirmed_at, url=url)
    todo = _(
        "Compare the days off with the decrees and confirm the year; terms that reach into it wait for it."
    )
    return Line(f"calendar:{year}", title, BAD if this else WAIT, _("not confirmed"), None, todo, url)


# --- clocks ------------------------------------------------------------------------------------------------


def clock_line() -> Line:
    """F-D9: this machine's clock against the database's."""
    title = _("Clocks")
    if connection.vendor != "postgresql":
        return Line("clock", title, GOOD, _("one clock: the database is a file on this machine"))
    ahead = clocks.database_ahead()
    state = _("this machine and the database are %(seconds)s s apart") % {
        "seconds": clocks.seconds(abs(ahead))
    }
    if not clocks.differ(ahead):
        return Line("clock", title, GOOD, state)
    todo = _("Mend the time service (NTP) of both machines. Deadlines are judged by the database's clock.")
    return Line("clock", title, BAD, state, None, todo)


def zone_line() -> Line:
    """F-D11: the zone data; with old data no process starts, so that a bad line here is hardly ever seen."""
    title = _("Time zone data")
    good = zone_offset() == timedelta(hours=5)
    state = _("%(zone)s is %(offset)s on 1 April 2024, by %(source)s") % {
        "source": zone_source(),
        "zone": ALMATY.key,
        "offset": f"{datetime(2024, 4, 1, tzinfo=UTC).astimezone(ALMATY):%z}",
    }
    todo = "" if good else _("Update tzdata on this machine: every term is an hour wrong.")
    return Line("zone", title, GOOD if good else BAD, state, None, todo)


def risks_line() -> Line:
    """What the settings of the server accept by name; looked at already, and therefore no alarm."""
    title, accepted = _("Accepted risks"), settings.ACCEPTED_RISKS
    if not accepted:
        return Line("risks", title, GOOD, _("none"))
    todo = _("The person who runs the server has accepted this. Ask whether it is still necessary.")
    return Line("risks", title, GOOD, "; ".join(str(RISKS.get(risk, risk)) for risk in accepted), None, todo)


def zone_source() -> str:
    """Which zone data this process reads, and their version."""
    for folder in TZPATH:
        if (Path(folder) / ALMATY.key).is_file():
            return f"{folder} {_system_version(Path(folder))}".strip()
    return f"tzdata {metadata.version('tzdata')}"


def _system_version(folder: Path) -> str:
    for name, prefix in (("tzdata.zi", "# version "), ("+VERSION", "")):
        try:
            with (folder / name).open(encoding="ascii", errors="replace") as file:
                return file.readline().removeprefix(prefix).strip()
        except OSError:
            continue  # not every system ships these
    return ""


def replay_line(run: JobRun | None, now: datetime) -> Line:
    """The nightly replay of decisions."""
    title, finished = _("Replay of decisions"), run.finished_at if run else None
    if finished and now - finished <= REPLAY_OLD:
        return Line("replay", title, GOOD, pgettext("replay", "done"), finished)
    state = _("the last one is over two days old") if finished else _("has not run yet")
    return Line("replay", title, WAIT, state, finished, _("The person who runs the server can start it now."))
