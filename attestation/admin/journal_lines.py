"""The journal as people read it: a sentence for each act, who, when, and what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from attestation.accounts.requests import lines_of
from attestation.intake.spec import KINDS
from attestation.labels import Label
from attestation.models import (
    Absence,
    CalendarDay,
    Correction,
    CorrectionRequest,
    Deadline,
    JournalEntry,
    Status,
)
from attestation.reason_words import reason_text

MOST_LINES = 200

ENTRIES: dict[str, Label] = {
    "list": gettext_lazy("Put on the list"),
    "admit": gettext_lazy("Admitted to testing"),
    "refuse_admission": gettext_lazy("Not admitted to testing"),
    "record_result": gettext_lazy("Test result put on record"),
    "publish": gettext_lazy("Test result published"),
    "mark_absent": gettext_lazy("Absent from testing"),
    "undo_result": gettext_lazy("Test result taken back: void, import undone"),
    "undo_result_after_stage": gettext_lazy("Test result taken back after the stage: void, import undone"),
    "record_absence": gettext_lazy("Absence put on record"),
    "pin": gettext_lazy("Testing stage ended: rule set and existing category fixed"),
    "hold": gettext_lazy("Decision held"),
    "score": gettext_lazy("Professional activity assessed"),
    "decide": gettext_lazy("Provisional decision formed"),
    "rescind": gettext_lazy("Result replaced; score and decision are formed afresh"),
    "finalise": gettext_lazy("Decision became final"),
    "reopen": gettext_lazy("Final decision reopened"),
    "close": gettext_lazy("Closed without a decision"),
    "open_cycle": gettext_lazy("Cycle opened"),
    "save_courses": gettext_lazy("Course hours put on record"),
    "ground_fell": gettext_lazy("A decision that the case rests on fell"),
    "review_past": gettext_lazy("Looked through by the revised readings: to be decided on anew"),
    "settle_ground": gettext_lazy("Settled what becomes of a case whose ground fell"),
    "duty_settled": gettext_lazy("Duty of re-attestation made void or opened again"),
    "category_settled": gettext_lazy("Category that waited for the position taken into force, or lapsed"),
    "reattestation_met": gettext_lazy("Duty of re-attestation met"),
    "close_consequence": gettext_lazy("Employer's act recorded"),
    "deadline_met": gettext_lazy("Term closed in time"),
    "deadline_missed": gettext_lazy("Term passed"),
    "deadline_void": gettext_lazy("Term no longer applies"),
    "record_added": pgettext_lazy("journal", "Record added"),
    "record_changed": pgettext_lazy("journal", "Record changed"),
    "record_former_category": gettext_lazy("Category conferred before this order put on record"),
    "terms_changed": gettext_lazy("Category terms begun or ended"),
    "consequences_suspended": gettext_lazy("Consequences suspended"),
    "consequences_ended": gettext_lazy("Consequences ended: the decision was annulled"),
    "propose_correction": gettext_lazy("Correction proposed"),
    "confirm_correction": gettext_lazy("Correction confirmed by a second person"),
    "withdraw_correction": gettext_lazy("Proposed correction withdrawn"),
    "record_correction_request": gettext_lazy("Request for a correction recorded"),
    "answer_correction_request": gettext_lazy("Request for a correction answered"),
    "void_record": gettext_lazy("Rating or violation voided"),
    "annul": gettext_lazy("Decision annulled"),
    "notices_superseded": gettext_lazy("Letters not sent any more: the decision was annulled"),
    "prove_service": gettext_lazy("Proof of service put on record"),
    "record_outage": gettext_lazy("Outage recorded"),
    "end_outage": gettext_lazy("End of an outage recorded"),
    "settle_outage": gettext_lazy("Outage settled"),
    "term_reopened": gettext_lazy("Appeal term opened again after an outage"),
    "assess": gettext_lazy("Appendix 1-2 filled in"),
    "rule_rating": gettext_lazy("Ruling on row 2"),
    "read_through": gettext_lazy("Ratings or violations read through a day"),
    "file_appeal": gettext_lazy("Appeal recorded"),
    "late_appeal": gettext_lazy("Late appeal kept on record"),
    "appeal_opened": gettext_lazy("Case is under appeal"),
    "rule_appeal": gettext_lazy("Ruling on an appealed question"),
    "resolve_appeal": gettext_lazy("Appeal resolved"),
    "withdraw_appeal": gettext_lazy("Appeal withdrawn"),
    "withdraw_item": gettext_lazy("Question withdrawn from an appeal"),
    "mark_faulty": gettext_lazy("Question ruled faulty"),
    "rulings_differ": gettext_lazy("Rulings on one question differ: put before the chair"),
    "settle_differing": gettext_lazy("Settled what becomes of rulings that differ"),
    "appeal_closed": gettext_lazy("No longer under appeal"),
    "appoint": gettext_lazy("Appointed to a commission"),
    "plan_sitting": gettext_lazy("Sitting planned"),
    "move_sitting": gettext_lazy("Sitting moved to another time or place"),
    "put_on_agenda": gettext_lazy("Put on the agenda of a sitting"),
    "open_sitting": gettext_lazy("Sitting opened"),
    "mark_attendance": gettext_lazy("Attendance marked"),
    "vote": gettext_lazy("Vote cast or changed"),
    "count_item": gettext_lazy("Votes counted"),
    "rule_in_sitting": gettext_lazy("Ruling of the sitting sealed with its reason"),
    "reopen_item": gettext_lazy("Item of the sitting reopened"),
    "no_ruling": gettext_lazy("No ruling: goes to the next sitting"),
    "pass_to_central": gettext_lazy("Passed to the central commission for want of a quorum"),
    "passed_to_central": gettext_lazy("Passed to the central commission for want of a quorum"),
    "leave_agenda": gettext_lazy("Left the agenda: closed elsewhere"),
    "recuse": gettext_lazy("Recused"),
    "record_dissent": gettext_lazy("Dissent recorded"),
    "close_sitting": gettext_lazy("Sitting closed"),
    "release": gettext_lazy("Released from a commission"),
    "testing_stage_ended": gettext_lazy("Testing stage ended"),
    "confirm_calendar": gettext_lazy("Calendar of the year confirmed"),
    "calendar_changed": gettext_lazy("Day of the calendar changed"),
    "calendar_loaded": gettext_lazy("Calendar of the year put on record"),
    "term_moved": gettext_lazy("Last day of the term moved"),
    "term_shortening_proposed": gettext_lazy("A shorter term was proposed"),
    "term_shortening_declined": gettext_lazy("The shorter term was declined"),
    "instant_realigned": gettext_lazy("End of the day realigned with the time zone's data"),
    "move_stage": gettext_lazy("Testing stage moved"),
    "create_account": gettext_lazy("Account created"),
    "send_password_link": gettext_lazy("Link to set the password sent to the owner"),
    "set_own_password": gettext_lazy("Password set by its owner"),
    "change_address": gettext_lazy("Address of an account changed"),
    "login": gettext_lazy("Logged in"),
    "login_failed": gettext_lazy("Login failed"),
    "logout": gettext_lazy("Logged out"),
    "locked_out": gettext_lazy("Locked out after too many tries"),
    "unlock": gettext_lazy("Account unlocked"),
    "end_sessions": gettext_lazy("Sessions of the account ended"),
    "enrol_second_factor": gettext_lazy("Second factor set up"),
    "forget_second_factor": gettext_lazy("Second factor taken away"),
    "ask_account_request": gettext_lazy("Rights of an account asked for: a second administrator is needed"),
    "confirm_account_request": gettext_lazy(
        "Rights of an account given: confirmed by a second administrator"
    ),
    "done_account_request": gettext_lazy("Rights of an account given after 24 hours: nobody stopped it"),
    "stop_account_request": gettext_lazy("Request about an account stopped"),
    "expire_account_request": gettext_lazy("Request about an account expired"),
    "take_rights": gettext_lazy("Rights of an account taken away"),
    "import_confirmed": gettext_lazy("File imported"),
    "import_refused": gettext_lazy("File refused"),
    "foreign_people_met": gettext_lazy("File with people of other centres"),
    "import_cancelled": gettext_lazy("File given up before it was imported"),
    "import_undone": gettext_lazy("Import undone"),
    "export": gettext_lazy("Records exported to a file"),
    "letter_came_back": gettext_lazy("The letter to the employee came back"),
    "told_by_hand": gettext_lazy("The employee was told by hand"),
    "send_now": gettext_lazy("Letter sent at once on request"),
    "needs_attention": gettext_lazy("A job failed on this case: it needs attention"),
    "replay_differs": gettext_lazy("Replay found a difference"),
    "effect_held": gettext_lazy("Due, but held: ready to be confirmed"),
    "effect_confirmed": gettext_lazy("Let go by a person"),
    "effect_lifted": gettext_lazy("Let go by itself: the brake is off"),
    "effect_void": gettext_lazy("Not due any more: nothing to confirm"),
    "retry_work": gettext_lazy("Failed work is to be tried again now"),
    "brakes_on": gettext_lazy("Brakes on: what can't be undone waits for a person"),
    "clocks_differ": gettext_lazy("The clocks of the database and of a process differ"),
    "make_feed": gettext_lazy("Calendar feed address made"),
    "revoke_feed": gettext_lazy("Calendar feed address taken back"),
    "sweep": gettext_lazy("Scheduled work done"),
    "clock_stood_in": gettext_lazy("Acted as if at another moment (demonstration or test)"),
}


def name_of(act: str) -> str:
    """The act in words; one that has none yet by its code, so that nothing is hidden."""
    label = ENTRIES.get(act)
    return str(label) if label is not None else act


RECORD = re.compile(r"(?P<model>[a-z]+):(?P<key>\d+)\Z")
SITTING = re.compile(r"(?P<center>central|\d{12})-(?P<number>\d+)")
FILE = re.compile(r"import (?P<key>\d+)\Z")
TECHNICAL = re.compile(r"[a-z_]+:")
LIST = re.compile(r"(?P<model>[a-z]+)\Z")
APPS = ("attestation", "scoring", "appeals")


def about(subject: str) -> str:
    """What an entry that belongs to no case is about, where a person can make something of it."""
    if subject in KINDS:
        return str(KINDS[subject].title)
    if found := FILE.match(subject):
        return _("imported file %(number)s") % {"number": found["key"]}
    if found := SITTING.fullmatch(subject):
        if found["center"] == "central":
            return _("sitting № %(number)s of the central commission") % found.groupdict()
        return (
            _("sitting № %(number)s of the commission of the centre with BIN %(center)s") % found.groupdict()
        )
    if found := RECORD.match(subject) or LIST.match(subject):
        for app in APPS:
            model = apps.get_app_config(app).models.get(found["model"])
            if model is not None:
                key = found.groupdict().get("key")
                return f"{model._meta.verbose_name} № {key}" if key else str(model._meta.verbose_name_plural)
    kind = subject.partition(":")[0]
    if kind in Deadline.Kind.values:
        return str(Deadline.Kind(kind).label)
    return "–" if not subject or TECHNICAL.match(subject) else subject


@dataclass(frozen=True)
class Line:
    """One entry of the journal for the screen."""

    seq: int
    at: datetime
    who: str
    title: str
    details: tuple[str, ...]


def lines(entries: QuerySet[JournalEntry], limit: int = MOST_LINES) -> list[Line]:
    """The latest entries, newest first."""
    return [line_of(entry) for entry in entries.select_related("actor").order_by("-seq")[:limit]]


def latest(entries: list[JournalEntry], limit: int = MOST_LINES) -> list[Line]:
    """`lines` of entries read already, in their order."""
    return [line_of(entry) for entry in entries[: -limit - 1 : -1]]


def line_of(entry: JournalEntry) -> Line:
    """One entry in the reader's language."""
    who = str(entry.actor) if entry.actor else _("the system")
    return Line(entry.seq, entry.at, who, name_of(entry.act), tuple(details(entry.data)))


def _days_moved(data: Mapping[str, Any]) -> Iterable[str]:
    """A last day that moved, a testing stage that moved, days of the calendar that changed."""
    if data.get("was_due_on") and data.get("due_on"):
        yield _("last day: %(before)s → %(after)s") % {
            "before": _day(data["was_due_on"]),
            "after": _day(data["due_on"]),
        }
    if isinstance(data.get("was"), list) and data.get("testing_ends"):
        before = " – ".join(_day(day) for day in data["was"])
        after = f"{_day(data['testing_starts'])} – {_day(data['testing_ends'])}"
        yield _("testing stage: %(before)s → %(after)s") % {"before": before, "after": after}
    days = data.get("days")
    for change in days if isinstance(days, list) else ():
        if isinstance(change, dict):
            yield f"{_day(change['day'])}: {_kind_of_day(change['kind'])} ({data.get('source', '')})"
    if isinstance(data.get("settled"), list) and data["settled"]:
        count = len(data["settled"])
        yield ngettext(
            "%(count)s term is provisional no more.", "%(count)s terms are provisional no more.", count
        ) % {"count": count}


PASSWORD_WAYS: dict[str, Label] = {
    "link": gettext_lazy("by the link sent to the address of the account"),
    "old_password": gettext_lazy("with the old password"),
}


def _of_an_account(data: Mapping[str, Any]) -> Iterable[str]:
    """How a password was set, where a link went, which address took the place of which."""
    if data.get("way") in PASSWORD_WAYS:
        yield str(PASSWORD_WAYS[data["way"]])
    if data.get("sent_to"):
        yield _("to the address %(address)s") % {"address": data["sent_to"]}
    if data.get("new_address"):
        yield _("address: %(before)s → %(after)s") % {
            "before": data.get("old_address") or "–",
            "after": data["new_address"],
        }


def _day(text: Any) -> str:
    return f"{date.fromisoformat(str(text)):%d.%m.%Y}"


def _kind_of_day(kind: str) -> str:
    words: dict[Any, Any] = dict(CalendarDay._meta.get_field("kind").flatchoices)
    return str(words.get(kind, _("as Monday to Friday have it")))


def _of_a_login(data: Mapping[str, Any]) -> Iterable[str]:
    """Which account, from where, how often."""
    if isinstance(data.get("account"), str):
        known = data["account"] != "unknown"
        yield _("account: %(account)s") % {"account": data["account"] if known else _("none of that name")}
    if data.get("address"):
        yield _("address: %(address)s") % {"address": data["address"]}
    if data.get("browser"):
        yield _("browser: %(browser)s") % {"browser": data["browser"]}
    if isinstance(data.get("tries"), int):
        yield ngettext("%(count)s try", "%(count)s tries", data["tries"]) % {"count": data["tries"]}
    if data.get("known_device") is False:
        yield _("from a device that was not known")
    if data.get("replaced"):
        yield _("in the place of an earlier one")


def details(data: Mapping[str, Any]) -> Iterable[str]:
    """What the entry's data say, the technical parts left out."""
    before, after = data.get("from"), data.get("to")
    if before in Status.values and after in Status.values and before != after:
        yield _("status: %(before)s → %(after)s") % {
            "before": Status(before).label,
            "after": Status(after).label,
        }
    if isinstance(data.get("correct"), int) and isinstance(data.get("total"), int):
        yield _("correct answers: %(correct)s of %(total)s") % {
            "correct": data["correct"],
            "total": data["total"],
        }
    if isinstance(data.get("question"), int):
        yield _("question %(number)s") % {"number": data["question"]}
    if isinstance(data.get("external_id"), str) and data.get("kind") in Correction.Kind.values:
        yield f"{Correction.Kind(data['kind']).label}: {data['external_id']}"
    if data.get("absence") in Absence.values:
        yield str(Absence(data["absence"]).label)
    if data.get("answer") in CorrectionRequest.Answer.values:
        yield str(CorrectionRequest.Answer(data["answer"]).label)
    if isinstance(data.get("asked_on"), str):
        yield _("asked on %(day)s") % {"day": _day(data["asked_on"])}
    yield from _days_moved(data)
    yield from _of_an_account(data)
    yield from _of_a_login(data)
    if isinstance(data.get("wanted"), dict) and isinstance(data.get("was"), dict):
        yield _("account “%(username)s”") % {"username": data["account"]}
        for title, before, after in lines_of(data["kind"], data["was"], data["wanted"]):
            yield f"{title}: {before} → {after}"
    for name in ("why", "reason", "text", "done", "note", "former_name", "document"):
        if isinstance(data.get(name), str) and data[name]:
            # What the system itself gave as a reason is in the catalogue; a person's words are not.
            told = reason_text(data[name])
            yield told if told != data[name] else gettext(data[name])
    changes = data.get("changes")
    if isinstance(changes, dict):
        for field, pair in changes.items():
            if isinstance(pair, list) and len(pair) == 2:
                yield f"{field}: {pair[0] or '–'} → {pair[1] or '–'}"
