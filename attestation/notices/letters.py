"""From a row of the outbox to an e-mail in the recipient's language: case numbers, no IINs, no names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from attestation import access, explain
from attestation.cites import cite_labels
from attestation.labels import CATEGORIES, CONSEQUENCES, outcome_label
from attestation.law.calendar import ALMATY
from attestation.law.reasons import Step
from attestation.law.vocabulary import Category, Consequence, Outcome, Purpose
from attestation.models import AccountRequest, Attestation, Deadline, Notice, Role, User
from attestation.notices import digest_lines
from attestation.notices.kinds import TITLES, WITHOUT_CASE, Kind

DAYS = (
    "asked_on",
    "appeal_until",
    "again_until",
    "category_until",
    "reattest_by",
    "dated",
    "as_of",
    "was_due_on",
    "moved_to",
    "document_date",
    "told_on",
)
# An office that has no account here reads both state languages in one letter.
OF_AN_ADDRESS = ("kk", "ru")


def address_of(notice: Notice) -> str:
    """F-D21: the address as it is now, not as it was on queueing; empty where there is none."""
    recipient = notice.user or notice.employee
    return recipient.email.strip() if recipient else notice.address


def languages_of(notice: Notice) -> tuple[str, ...]:
    """The language that the recipient reads."""
    recipient = notice.user or notice.employee
    return (recipient.language,) if recipient else OF_AN_ADDRESS


def message_id(key: str) -> str:
    """F-B2: derived from the key, so that a letter sent a second time can be recognised as the same."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{urlsplit(settings.BASE_URL).hostname or 'attestation.invalid'}>"


def compose(notice: Notice, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """The e-mail, rendered in the recipient's language."""
    secret = password_link(notice.user) if notice.kind == Kind.PASSWORD_LINK and notice.user else ""
    said = [texts(notice, language, secret=secret) for language in languages_of(notice)]
    return EmailMessage(
        " / ".join(subject for subject, _body in said),
        "\n\n".join(body for _subject, body in said),
        to=[address_of(notice)],
        headers={
            "Message-ID": message_id(notice.key),
            "Auto-Submitted": "auto-generated",
            # Exchange answers automatic letters unless it is asked not to.
            "X-Auto-Response-Suppress": "All",
        },
        connection=connection,
    )


def password_link(account: User) -> str:
    """Where the owner sets the password: made as the letter leaves and kept nowhere.

    Dead after a day, and once the password, the address or the last login is another.
    """
    uid = urlsafe_base64_encode(force_bytes(account.pk))
    path = reverse("set_password", args=(uid, default_token_generator.make_token(account)))
    return f"{settings.BASE_URL}{path}"


def texts(
    notice: Notice, language: str, *, bare: bool = False, blind: bool | None = None, secret: str = ""
) -> tuple[str, str]:
    """Subject and body of a notice in a language.

    `bare`: for the page within the application, the same without salutation, link and signature. `blind`:
    whether the recipient rules blind on the case, where the caller knows. `secret`: what stands in the
    letter alone.
    """
    if notice.kind == Kind.DIGEST:
        return _rendered(notice.kind, language, {**digest_context(notice, language), "bare": bare})
    if is_blind(notice) if blind is None else blind:
        return _rendered("blind", language, {**blind_context(notice), "bare": bare})
    with translation.override(language):
        context = letter_context(notice)
    return _rendered(notice.kind, language, {**context, "bare": bare, "secret": secret})


def _rendered(name: str, language: str, context: Mapping[str, Any]) -> tuple[str, str]:
    with translation.override(language):
        subject = render_to_string(f"notices/{name}-subject.txt", dict(context))
        body = render_to_string(f"notices/{name}-body.txt", dict(context))
    # A line break in a subject would be a header of its own.
    return " ".join(subject.split()), body.strip() + "\n"


def is_blind(notice: Notice) -> bool:
    """Whether the account rules blind on the case: then the letter says what waits, not in which case."""
    return (
        notice.user is not None
        and notice.attestation is not None
        and access.hides_identity_from(notice.user, notice.attestation)
    )


def blind_context(notice: Notice) -> dict[str, Any]:
    """What a letter on a case under blind review may say: its kind, and until when."""
    deadline = notice.deadline
    return {
        "title": TITLES[Kind(notice.kind)],
        "due_on": deadline.due_on if deadline else None,
        "link": _home(),
    }


def digest_context(digest: Notice, language: str) -> dict[str, Any]:
    """What a digest says: its moment, how many notices, and these by event and cycle, each with its cases."""
    with translation.override(language):
        groups = digest_lines.grouped(digest, letter_context)
    return {
        "made_at": digest.created_at.astimezone(ALMATY),
        "count": sum(len(group.lines) + group.more for group in groups),
        "groups": groups,
        "link": f"{settings.BASE_URL}{reverse('admin:attestation_notice_mine')}",
    }


def letter_context(notice: Notice) -> dict[str, Any]:
    """What the templates work with: labels in the language active now, days as dates."""
    stored = notice.context
    attestation, deadline = notice.attestation, notice.deadline
    context: dict[str, Any] = {
        **stored,
        **{name: date.fromisoformat(stored[name]) for name in DAYS if stored.get(name)},
        "case": attestation.case_no if attestation else "",
        "cycle": attestation.cycle.code if attestation else "",
        "to_officer": notice.user_id is not None,
        "assessed": attestation is not None and attestation.purpose == Purpose.CATEGORY.value,
        "link": _link(notice),
    }
    if deadline:
        context |= {"due_on": deadline.due_on, "cite": deadline.cite_shown}
    if deadline and deadline.term:
        context["term_category"] = CATEGORIES[Category(deadline.term.category)]
    if stored.get("moved_to") and deadline:
        context["term_label"] = deadline.get_kind_display()
    if stored.get("role"):
        context["role_label"] = Role(stored["role"]).label
    if stored.get("told"):
        context["told_label"] = TITLES[Kind(stored["told"])]
    if stored.get("planned_at"):
        context["planned_at"] = datetime.fromisoformat(stored["planned_at"]).astimezone(ALMATY)
    if stored.get("lines"):
        context["overdue_lines"] = [_overdue_line(line) for line in stored["lines"]]
        context["more"] = stored["count"] - len(stored["lines"])
    if stored.get("outcome_code"):
        context["outcome_words"] = AccountRequest.State(stored["outcome_code"]).label
    if stored.get("outcome"):
        same = attestation is not None and "" != attestation.declared == attestation.existing
        context["outcome_label"] = outcome_label(Outcome(stored["outcome"]), confirms_existing=same)
    if stored.get("category"):
        context["category_label"] = CATEGORIES[Category(stored["category"])]
    if stored.get("cites"):
        context["cites"] = cite_labels(stored["cites"])
    if stored.get("points"):
        context["points"] = explain.shown_value("", stored["points"])
    return {
        **context,
        "consequence_labels": [CONSEQUENCES[Consequence(value)] for value in stored.get("consequences", ())],
        "reason_sentences": [_sentence(reason, attestation) for reason in stored.get("reasons", ())],
    }


def _sentence(reason: Mapping[str, Any], attestation: Attestation | None) -> str:
    """A step (¶14, I-39), or the code of a held row (I-04, I-05, I-27), in the language active now."""
    if "cite" not in reason or attestation is None:
        return explain.held_text(reason["code"])
    return explain.sentence(Step.from_data(reason), attestation.cycle.testing_ends)


def _overdue_line(line: Mapping[str, str]) -> tuple[Any, str, date]:
    kind = line["kind"]
    label = Deadline.Kind(kind).label if kind in Deadline.Kind.values else CONSEQUENCES[Consequence(kind)]
    return label, line["case"], date.fromisoformat(line["day"])


def _link(notice: Notice) -> str:
    """The case in the back office, for accounts; an employee has none there. Own host only (F-W5)."""
    if notice.user_id is not None and notice.context.get("account_request"):
        return f"{_home()}attestation/accountrequest/{notice.context['account_request']}/change/"
    if notice.user_id is None or notice.attestation_id is None:
        return ""
    if notice.kind in WITHOUT_CASE:
        # Not to the case: the commission reviews without the name of the appellant.
        return _home()
    return f"{_home()}attestation/attestation/{notice.attestation_id}/change/"


def _home() -> str:
    return f"{settings.BASE_URL}{reverse('admin:index')}"
