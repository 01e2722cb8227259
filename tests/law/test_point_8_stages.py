"""¶8: the stages an attestation comprises."""

from __future__ import annotations

import pytest

from attestation.law.listing import stages
from attestation.law.vocabulary import Purpose, Stage
from tests.law.observed import Observed


@pytest.mark.point("¶8.1")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_everybody_is_tested(purpose: Purpose, cited: Observed) -> None:
    first = cited(stages(purpose)[0])
    assert (first.stage, first.cite) == (Stage.TESTING, "¶8.1")


@pytest.mark.point("¶8.2")
def test_only_an_application_for_a_category_is_assessed(cited: Observed) -> None:
    second = cited(stages(Purpose.CATEGORY)[1])
    assert (second.stage, second.cite) == (Stage.ASSESSMENT, "¶8.2")
    assert len(stages(Purpose.INITIAL)) == len(stages(Purpose.POSITION)) == 1
