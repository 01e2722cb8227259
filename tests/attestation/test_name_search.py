"""People are found however their name is written, on both databases."""

from __future__ import annotations

import pytest
from django.db import connection

from attestation.models import Employee
from attestation.names import as_folded, as_spelled, fits
from tests.attestation.spelling_pairs import PAIRS
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db


def found(typed: str) -> set[str]:
    return {person.full_name for person in Employee.objects.filter(search_key__has_words=as_folded(typed))}


def test_each_name_is_found_as_it_may_be_typed_and_no_other_with_it() -> None:
    assert len(PAIRS) >= 60
    known = {name for _why, name, _typed in PAIRS}
    for last, first, patronymic in known:
        EmployeeFactory(last_name=last, first_name=first, patronymic=patronymic)
    lost, strange = [], []
    for why, name, typed in PAIRS:
        whole = " ".join(filter(None, name))
        hits = found(typed)
        if whole not in hits:
            lost.append((why, whole, typed))
        alike = {" ".join(filter(None, one)) for one in known if fits(typed, *one)}
        strange += [(typed, one) for one in hits ^ alike]
        assert len(hits) < 6, (typed, hits)
    assert (lost, strange) == ([], [])


@pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "a' | 'b", "=", "ь", ":*", "& !", "\x00"])
def test_signs_of_a_query_language_are_no_words(typed: str) -> None:
    EmployeeFactory(last_name="Қасымов")
    assert found(typed) == set()


def test_what_is_spelled_otherwise_is_not_found_as_spelled() -> None:
    EmployeeFactory(last_name="Қасымов", first_name="Али", patronymic="")
    rows = Employee.objects
    assert rows.filter(search_key__has_words=as_spelled("қасым")).exists()
    assert rows.filter(search_key__has_words=as_spelled("0fcsv")).exists()
    assert not rows.filter(search_key__has_words=as_spelled("касым")).exists()
    assert not rows.filter(search_key__has_words=as_spelled("асымов")).exists()


@pytest.mark.postgres
def test_postgresql_finds_them_by_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        everybody = Employee._base_manager.order_by()
        plan = everybody.filter(search_key__has_words=as_folded("касым")).explain()
    assert "employee_search_words" in plan
