"""A recusal in words: what a member said is not what a rule says."""

import pytest
from django.utils import translation

from appeals.models import Recusal

SAID = {
    "kk": ("өздігінен бас тартқан", "қатыспайды (ереже бойынша)"),
    "ru": ("самоотвод", "отвод по правилу"),
}


@pytest.mark.parametrize("language", list(SAID))
def test_only_a_statement_is_called_one(language: str) -> None:
    stated = Recusal(automatic=False, ground=Recusal.Ground.STATEMENT, reason="A friend of mine.")
    by_rule = Recusal(automatic=True, ground=Recusal.Ground.COLLEAGUE)
    with translation.override(language):
        assert (stated.words, by_rule.words) == SAID[language]
        assert stated.why.endswith("A friend of mine.")
        assert by_rule.why == str(Recusal.Ground.COLLEAGUE.label)
