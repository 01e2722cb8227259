"""Notices within the application: the bell, one's own list, marking as read; letters served by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attestation.by import By
from attestation.cases import proof_of_service
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts
from attestation.models import Attestation, JournalEntry, Notice, Role, User
from attestation.notices import delivery, inbox, letters, outbox, reasons, reminders, serve_letters
from attestation.notices.by_hand import is_to_serve, to_serve
from attestation.notices.reasons import Why
from attestation.refusals import Refused
from tests.attestation.admin_cast import make_region, member_of
from tests.jobs.story import FINAL, LISTED, PUBLISHED, STAGE_OVER, Story, at
from tests.tables.test_sent_twice import twice

MINE, READ = reverse("admin:attestation_notice_mine"), reverse("admin:attestation_notice_read")
HOME = reverse("admin:index")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


def told(story: Story, count: int = 1) -> None:
    """So many notices to the officer of the centre."""
    case = story.listed(story.employee())
    for number in range(count):
        outbox.queue("dismissal_due", key=f"x{number}", now=LISTED, attestation=case)


def test_the_notice_is_there_at_the_moment_of_the_act_and_before_any_e_mail(story: Story) -> None:
    """F-D20: the notice within the application does not wait for a mail server."""
    told(story)
    story.hr.language = "en"
    story.hr.save()
    assert 'aria-label="My notices: 1 unread"' in text_of(client_of(story.hr).get(HOME))
    assert inbox.unread_count(story.hr) == 1
    assert Notice.objects.get(user=story.hr).state == Notice.State.QUEUED


def test_the_bell_costs_one_query_however_many_there_are(story: Story) -> None:
    client = client_of(story.hr)
    told(story, 3)
    client.get(HOME)  # the first answer after the login saves the session
    with CaptureQueriesContext(connection) as few:
        client.get(HOME)
    case = Notice.objects.exclude(attestation=None)[0].attestation
    for number in range(150):
        outbox.queue("dismissal_due", key=f"y{number}", now=LISTED, attestation=case)
    outbox.queue("held", key="h", now=LISTED, attestation=case)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get(HOME))
    assert len(many) == len(few)
    asked = [query["sql"] for query in many if "read_at" in query["sql"] and "COUNT" in query["sql"]]
    assert len(asked) == 1
    # Of two events of the cycle, however many notices on each.
    assert "<b>2</b>" in page


def test_the_list_costs_the_same_for_more_notices(story: Story) -> None:
    client = client_of(story.hr)
    pages = (MINE, line_of(story, "dismissal_due"))

    def asked() -> list[int]:
        numbers = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            numbers.append(len(queries))
        return numbers

    told(story, 2)
    outbox.queue("held", key="z", now=LISTED, attestation=Attestation.objects.get())
    client.get(MINE)  # the first answer after the login saves the session
    few = asked()
    for number in range(15):
        outbox.queue(
            "dismissal_due", key=f"z{number}", now=LISTED, attestation=story.listed(story.employee())
        )
    assert asked() == few


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_its_own_list_and_sees_nobody_elses(story: Story, role: str) -> None:
    told(story)
    center = story.mobility if role == Role.HR else None
    user = story.account(f"x-{role}", Role(role), center, language="kk")
    Notice.objects.create(
        key="own",
        kind="replay_differs",
        user=user,
        context={"differences": 7},
        created_at=LISTED,
        not_before=LISTED,
    )
    page = client_of(user).get(MINE)
    assert page.status_code == 200
    assert [line.only.notice.key for line in page.context["lines"]] == ["own"]
    other = Notice.objects.get(user=story.hr)
    client_of(user).post(READ, {"notice": str(other.pk)})
    other.refresh_from_db()
    assert other.read_at is None


def test_looking_marks_nothing_and_a_get_never_changes(story: Story) -> None:
    told(story)
    client, row = client_of(story.hr), Notice.objects.get(user=story.hr)
    client.get(reverse("admin:attestation_attestation_change", args=(row.attestation_id,)))
    client.get(MINE)
    assert client.get(READ).status_code == 405
    row.refresh_from_db()
    assert row.read_at is None


def line_of(story: Story, kind: str) -> str:
    """The address of the line of an event of the cycle."""
    return f"{MINE}?event={kind}&cycle={story.cycle.pk}"


def test_the_notices_of_one_event_of_a_cycle_are_a_line_that_is_marked_as_one(story: Story) -> None:
    told(story, 3)
    case = Notice.objects.filter(user=story.hr)[0].attestation
    outbox.queue("held", key="h", now=LISTED, attestation=case)
    client = client_of(story.hr)
    many, one = sorted(client.get(MINE).context["lines"], key=lambda line: -line.count)
    assert (many.event, many.count, many.unread, many.only) == (
        inbox.Event("dismissal_due", story.cycle.pk),
        3,
        3,
        None,
    )
    assert (one.event.kind, one.only.notice.kind) == ("held", "held")
    answer = client.post(READ, {"event": "dismissal_due", "cycle": str(story.cycle.pk), "unread": "1"})
    assert answer.url == f"{MINE}?unread=1"
    assert [line.event.kind for line in client.get(f"{MINE}?unread=1").context["lines"]] == ["held"]
    # What has something unread stands first.
    assert [line.event.kind for line in client.get(MINE).context["lines"]] == ["held", "dismissal_due"]


@pytest.mark.django_db
def test_under_blind_review_no_line_and_no_address_names_the_cycle() -> None:
    region = make_region("Қ7")
    member = member_of(Role.CHAIR, region)
    for number, kind in enumerate(("reminder_ruling", "held")):
        Notice.objects.create(
            key=f"r{number}",
            kind=kind,
            user=member,
            attestation=region.appealed,
            context={"reasons": []},
            created_at=LISTED,
            not_before=LISTED,
        )
    page = client_of(member).get(MINE)
    assert {line.event for line in page.context["lines"]} == {
        inbox.Event("reminder_ruling", None),
        inbox.Event("held", None),
    }
    assert "Қ7" not in text_of(page)
    assert region.case.cycle.code not in text_of(page)
    assert [line.notice.key for line in client_of(member).get(f"{MINE}?event=held").context["lines"]] == [
        "r1"
    ]
    assert client_of(member).get(f"{MINE}?event=held&cycle={region.case.cycle_id}").context["lines"] == []


def test_one_is_marked_and_then_all(story: Story) -> None:
    told(story, 3)
    client, first = client_of(story.hr), Notice.objects.filter(user=story.hr)[0]
    line = {"event": "dismissal_due", "cycle": str(story.cycle.pk)}
    answer = client.post(READ, {"notice": str(first.pk), "unread": "1", **line})
    assert answer.url == f"{line_of(story, 'dismissal_due')}&unread=1"
    assert len(client.get(line_of(story, "dismissal_due")).context["lines"]) == 3
    assert len(client.get(answer.url).context["lines"]) == 2
    client.post(READ, {"notice": "all"})
    assert inbox.unread_count(story.hr) == 0
    assert client.post(READ, {"notice": "1 OR 1=1"}).status_code == 302
    assert client.get(f"{MINE}?event=nothing&cycle=x").status_code == 200


def test_f_d22_what_is_over_is_shown_struck_with_its_reason_and_is_not_unread(story: Story) -> None:
    told(story, 2)
    outbox.supersede(now=LISTED, attestation=Notice.objects.filter(user=story.hr)[0].attestation)
    story.hr.language = "en"
    story.hr.save()
    page = text_of(client_of(story.hr).get(line_of(story, "dismissal_due")))
    assert page.count("<h2><s>Case") == 2
    assert "What it told of was superseded before it was sent." in page
    assert inbox.unread_count(story.hr) == 0


def test_the_text_is_in_the_readers_language_without_the_frame_of_a_letter(story: Story) -> None:
    told(story)
    (alone,) = client_of(story.hr).get(MINE).context["lines"]
    line = alone.only
    assert line.subject == letters.texts(line.notice, "ru")[0]
    assert "T-2026-1-0001" in line.body
    assert "http" not in line.body
    assert "--" not in line.body
    assert line.case_url == reverse(
        "admin:attestation_attestation_change", args=(line.notice.attestation_id,)
    )


def test_a_reminder_of_a_ruling_leads_to_no_case(story: Story) -> None:
    """The commission rules without the name of the appellant."""
    chair = story.account("chair", Role.CHAIR)
    case = story.listed(story.employee())
    Notice.objects.create(
        key="r", kind="reminder_ruling", user=chair, attestation=case, created_at=LISTED, not_before=LISTED
    )
    (line,) = client_of(chair).get(MINE).context["lines"]
    assert line.only.case_url == ""


# --- by hand ------------------------------------------------------------------------------------------------


def test_f_d21_an_accepted_letter_that_comes_back_is_a_task_and_shows_on_the_case(story: Story) -> None:
    """F-D20, F-D21: the server accepted, the letter bounced."""
    case = story.listed(story.employee())
    story.through((case, 60))
    delivery.deliver(now=PUBLISHED)
    row = Notice.objects.get(kind="result_published", employee__isnull=False)
    assert not to_serve(Notice.objects.all()).exists()
    serve_letters.record_came_back(row, note="mailbox is full", by=By(story.hr, at("2026-02-05 18:30")))
    row.refresh_from_db()
    assert (row.state, row.last_error, row.bounced_at) == ("failed", Why.CAME_BACK, at("2026-02-05 18:30"))
    assert list(to_serve(Notice.objects.all())) == [row]
    assert JournalEntry.objects.get(act="letter_came_back").attestation == case
    story.hr.language = "en"
    story.hr.save()
    client = client_of(story.hr)
    words = "The e-mail came back: to be served by hand."
    assert words in text_of(client.get(reverse("admin:attestation_attestation_change", args=(case.pk,))))
    assert words in text_of(client.get(reverse("admin:attestation_notice_change", args=(row.pk,))))
    listed = client.get(reverse("admin:attestation_notice_changelist") + "?by_hand=open")
    assert [notice.pk for notice in listed.context["cl"].result_list] == [row.pk]
    with pytest.raises(Refused) as refused:
        serve_letters.record_came_back(row, note="", by=By(story.hr, at("2026-02-05 18:31")))
    assert refused.value.code == "not_sent"


def unreachable(story: Story, count: int = 1) -> list[Attestation]:
    """Cases of employees without an address, whose results are published and whose letters failed."""
    cases = [story.listed(story.employee(email="")) for _number in range(count)]
    story.through(*((case, 60) for case in cases))
    delivery.deliver(now=PUBLISHED)
    return cases


def tasks() -> list[tuple[str, str]]:
    """What HR is to serve by hand: the case, and of what."""
    return list(to_serve(Notice.objects.order_by("pk")).values_list("attestation__case_no", "kind"))


def test_f_d22_a_result_that_was_corrected_since_is_nobodys_task(story: Story) -> None:
    case, other = unreachable(story, 2)
    assert tasks() == [(case.case_no, "result_published"), (other.case_no, "result_published")]
    found = ResultFacts(100, 62, None, "1", at("2026-02-02 11:00"))
    correct_result(case, found, reason="typed wrong", by=By(None, PUBLISHED))
    # The letter on the corrected result has not failed yet.
    assert tasks() == [(other.case_no, "result_published")]
    assert proof_of_service.to_serve_by_hand(case) == []
    delivery.deliver(now=at("2026-02-06 09:00"))
    old, new = Notice.objects.filter(attestation=case, kind="result_published").order_by("pk")
    waiting = list(to_serve(Notice.objects.order_by("attestation")))
    assert [notice.attestation for notice in waiting] == [case, other]
    assert waiting[0] == new
    assert (old.state, is_to_serve(old)) == ("failed", False)
    story.hr.language = "en"
    story.hr.save()
    client = client_of(story.hr)
    page = text_of(client.get(reverse("admin:attestation_notice_change", args=(old.pk,))))
    assert "there is nothing to serve any more" in page
    assert "To be served by hand." not in page
    assert reverse("admin:attestation_notice_act", args=(old.pk, "served")) not in page
    listed = client.get(reverse("admin:attestation_notice_changelist") + "?by_hand=open")
    assert {notice.pk for notice in listed.context["cl"].result_list} == {row.pk for row in waiting}
    tiles = {str(tile.title): tile.count for tile in client.get(HOME).context["tiles"]}
    assert tiles["notices to be served by hand"] == 2


def test_f_d22_a_decision_that_was_annulled_since_is_nobodys_task(story: Story) -> None:
    (case,) = unreachable(story)
    story.swept(STAGE_OVER, FINAL)
    assert (case.case_no, "decision_final") in tasks()
    boss = story.account("boss", Role.ADMINISTRATOR)
    document = Document("court", "2a-417/2026", date(2026, 2, 12), "not heard")
    case.refresh_from_db()
    annul_decision(case, document, by=By(boss, at("2026-02-13 10:00")))
    delivery.deliver(now=at("2026-02-13 10:05"))
    # The result stands; what annulled the decision is told instead of it.
    assert tasks() == [(case.case_no, "result_published"), (case.case_no, "decision_annulled")]


def test_the_tasks_cost_one_query_however_many_there_are(
    story: Story, django_assert_num_queries: Callable[[int], Any]
) -> None:
    case, *_others = unreachable(story, 4)
    with django_assert_num_queries(1):
        assert len(tasks()) == 4
    with django_assert_num_queries(1):
        assert len(proof_of_service.to_serve_by_hand(case)) == 1


def test_a_result_is_not_told_by_hand_without_proof_and_a_reminder_is(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    reminders.queue_reminders(now=PUBLISHED)
    Notice.objects.filter(employee__isnull=False).update(state="failed")
    result = Notice.objects.get(kind="result_published", employee__isnull=False)
    with pytest.raises(Refused) as refused:
        serve_letters.record_told(result, note="by telephone", by=By(story.hr, PUBLISHED))
    assert refused.value.code == "nothing_to_tell"
    reminder = Notice.objects.get(kind="reminder_appeal", employee__isnull=False)
    with pytest.raises(Refused) as refused:
        serve_letters.record_told(reminder, note=" ", by=By(story.hr, PUBLISHED))
    assert refused.value.code == "note_missing"
    page = reverse("admin:attestation_notice_act", args=(reminder.pk, "told"))
    assert client_of(story.hr).post(page, {"note": "by telephone"}).status_code == 302
    reminder.refresh_from_db()
    assert (reminder.state, reminder.last_error) == ("sent", Why.TOLD_BY_HAND)
    assert JournalEntry.objects.get(act="told_by_hand").data["note"] == "by telephone"


def test_f_c2_told_by_hand_sent_twice(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    reminders.queue_reminders(now=PUBLISHED)
    reminder = Notice.objects.get(kind="reminder_appeal", employee__isnull=False)
    Notice.objects.filter(pk=reminder.pk).update(state="failed")
    page = reverse("admin:attestation_notice_act", args=(reminder.pk, "told"))
    User.objects.filter(pk=story.hr.pk).update(language="en")
    assert twice(client_of(story.hr), page, {"note": "by telephone"}) == ""
    assert JournalEntry.objects.filter(act="told_by_hand").count() == 1


def test_f_a1_an_officer_of_another_centre_marks_no_letter(story: Story) -> None:
    from attestation.models import Center

    other = Center.objects.create(
        bin="240240000001",
        kind="labour_mobility",
        name_kk="Басқа",
        name_ru="Другой",
        region=story.mobility.region,
    )
    stranger = story.account("stranger", Role.HR, other)
    story.through((story.listed(story.employee()), 60))
    delivery.deliver(now=PUBLISHED)
    row = Notice.objects.get(kind="result_published", employee__isnull=False)
    with pytest.raises(Refused) as refused:
        serve_letters.record_came_back(row, note="", by=By(stranger, PUBLISHED))
    assert refused.value.code == "not_found"
    page = reverse("admin:attestation_notice_change", args=(row.pk,))
    assert client_of(stranger).get(page).status_code == 302


def test_reasons_are_said_in_the_readers_language(story: Story) -> None:
    for why in Why:
        assert reasons.reason_of(Notice(last_error=why)) != why
        assert reasons.reason_of(Notice(last_error=f"{why} 2026-02-05T17:40:00+05:00")) != why
    assert reasons.reason_of(Notice(last_error="SMTPDataError: 451 busy")) == "SMTPDataError: 451 busy"


def test_the_final_decision_of_a_braked_sweep_is_in_the_inbox_once(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL, FINAL)
    kinds = list(inbox.inbox(story.hr).values_list("kind", flat=True))
    assert kinds.count("decision_final") == 1
