"""The page “Question health”: its figures, its appeals and rulings, in scope and without a person."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from appeals.question_health import Flag
from appeals.services.question_health import health_of
from attestation.models import Cycle, Result, Role, User
from tests.appeals import question_figures
from tests.appeals.sitting_cast import LATER, WHY, filed
from tests.appeals.test_question_health import MISTRANSLATED, TAKERS, TOTAL, WRONG_KEY, made_test
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
)
from tests.siblings_cast import published, seated

__all__ = ["at"]

pytestmark = pytest.mark.django_db
VARIANT = "7Б"
PAGE = "appeals_faultyquestion_health"


@pytest.fixture
def cycle() -> Cycle:
    return CycleFactory(center=CenterFactory())


def boss() -> User:
    return UserFactory(role=Role.ADMINISTRATOR)


def result_of(cycle: Cycle, **values: Any) -> Result:
    """One taker of the variant; questions 1 and 2 of ten are wrong unless `wrong` says otherwise."""
    center = values.pop("center", None) or cycle.center
    wrong = values.pop("wrong", [1, 2])
    case = AttestationFactory(employee=EmployeeFactory(center=center), cycle=cycle, status="tested")
    given = {
        "questions_total": 10,
        "correct_answers": 10 - len(wrong or [1, 2]),
        "wrong_questions": wrong,
        "test_variant": VARIANT,
        **values,
    }
    return ResultFactory(attestation=case, **given)


def test_a_made_cycle_of_five_hundred_shows_both_faults_first(at: Any, cycle: Cycle) -> None:
    takers = made_test(7)
    first = AttestationFactory(
        employee=EmployeeFactory(center=cycle.center), cycle=cycle, status="tested", case_no="made-0"
    )
    ResultFactory(attestation=first, questions_total=TOTAL, correct_answers=TOTAL, wrong_questions=[])
    cases = [AttestationFactory.build(employee=first.employee, cycle=cycle) for _ in takers]
    for number, case in enumerate(cases, 1):
        for name in ("center_id", "position", "listed_at", "purpose"):
            setattr(case, name, getattr(first, name))
        case.case_no, case.status = f"made-{number}", "closed"
    cases = type(first).objects.bulk_create(cases)
    stamp = Result.objects.get()
    Result.objects.bulk_create(
        Result(
            attestation=case,
            questions_total=TOTAL,
            correct_answers=TOTAL - len(list(taker.wrong)),
            wrong_questions=sorted(taker.wrong),
            test_variant=VARIANT,
            test_language=taker.language,
            finished_at=stamp.finished_at,
            recorded_at=stamp.recorded_at,
            published_at=stamp.published_at,
        )
        for case, taker in zip(cases, takers, strict=True)
    )
    (test,) = health_of(cycle, boss()).tests
    assert test.takers == TAKERS
    rows = [(frozenset(taker.wrong), taker.language) for taker in takers]
    for line in test.lines:
        one = line.health
        assert one.share_wrong == pytest.approx(question_figures.share_wrong(rows, one.question))
        assert one.discrimination == pytest.approx(
            question_figures.item_rest(rows, TOTAL, one.question), abs=1e-9
        )
        assert one.difference == pytest.approx(
            question_figures.matched_difference(rows, one.question), abs=1e-9
        )
    at(LATER)
    page = client_of(boss()).get(url(PAGE), {"cycle": cycle.pk})
    marked = [row for row in page.context["rows"] if row.flags]
    assert page.context["rows"][: len(marked)] == marked
    assert {row.question for row in marked} >= {WRONG_KEY, MISTRANSLATED}
    assert len(marked) <= 4
    assert "the key looks wrong" in text_of(page)


def test_results_without_a_list_or_a_variant_are_counted_apart(cycle: Cycle) -> None:
    result_of(cycle)
    result_of(cycle, wrong=None)
    result_of(cycle, test_variant="")
    result_of(cycle, published_at=None)
    found = health_of(cycle, boss())
    (test,) = found.tests
    assert (test.takers, test.without_list, found.without_variant) == (1, 1, 1)


def test_what_an_appeal_changed_later_leaves_the_figures_as_answered(cycle: Cycle) -> None:
    before = result_of(cycle)
    Result.objects.filter(pk=before.pk).update(superseded_at=LATER)
    ResultFactory(
        attestation=before.attestation,
        questions_total=10,
        correct_answers=9,
        wrong_questions=[2],
        test_variant=VARIANT,
        source="appeal",
        supersedes=before,
    )
    (test,) = health_of(cycle, boss()).tests
    assert [line.health.wrong for line in test.lines[:3]] == [1, 1, 0]


def test_appeals_and_rulings_stand_beside_the_figures(at: Any, cycle: Cycle) -> None:
    from appeals.services.ruling import rule_item
    from attestation.by import By

    chair = seated(Role.CHAIR)
    seated(Role.SECRETARY)
    for ruling in ("reject", "uphold", ""):
        case = published(
            cycle=cycle,
            wrong=list(range(12, 23)),
            variant=VARIANT,
            employee=EmployeeFactory(center=cycle.center),
        )
        item = filed(case, 12).items.get()
        if ruling:
            rule_item(item, ruling=ruling, reason=WHY, by=By(chair, LATER))
    (test,) = health_of(cycle, boss()).tests
    line = test.lines[11]
    assert (line.appeals, line.upheld, line.rejected, line.differs) == (3, 1, 1, True)
    at(LATER)
    page = client_of(chair).get(url(PAGE), {"cycle": cycle.pk})
    assert page.context["rows"][0].question == 12
    assert "question=12" in page.context["rows"][0].mark_url
    form = client_of(chair).get(page.context["rows"][0].mark_url)
    assert form.context["form"]["test_variant"].value() == VARIANT
    for case in cycle.attestations.select_related("employee"):
        assert case.employee.last_name not in text_of(page)
        assert case.case_no not in page.content.decode().replace(cycle.code + "</option>", "")


def test_an_officer_sees_the_takers_of_the_own_centres_and_marks_nothing(at: Any, cycle: Cycle) -> None:
    own = CareerCenterFactory(parent=cycle.center)
    result_of(cycle, center=own)
    result_of(cycle)
    officer = UserFactory(role=Role.HR, center=own)
    assert health_of(cycle, officer).tests[0].takers == 1
    at(LATER)
    page = client_of(officer).get(url(PAGE))
    assert {row.mark_url for row in page.context["rows"]} == {""}
    stranger = client_of(UserFactory(role=Role.HR, center=CenterFactory())).get(
        url(PAGE), {"cycle": cycle.pk}
    )
    assert stranger.context["cycle"] is None


@pytest.mark.parametrize("sort", ["question", "wrong", "discrimination", "difference", "appeals", "x"])
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_it_sorts_by_every_column_in_few_queries(
    at: Any, cycle: Cycle, sort: str, language: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        result_of(cycle, test_language="kk")
    at(LATER)
    client = client_of(boss())
    with translation.override(language), django_assert_max_num_queries(40):
        page = client.get(url(PAGE), {"cycle": cycle.pk, "variant": VARIANT, "total": 10, "sort": sort})
    numbers = [row.question for row in page.context["rows"]]
    assert numbers[:2] == [1, 2]
    assert sorted(numbers) == list(range(1, 11))
    assert page.context["test"].lines[0].health.flags == () != (Flag.KEY,)
