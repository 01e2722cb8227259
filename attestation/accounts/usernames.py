"""Names to log in with: no two that are read as one, also of accounts that are closed."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext_lazy as _

from attestation.models import User
from attestation.refusals import Refused

# Letters and digits that look like a Latin letter.
_LOOKALIKES = str.maketrans("аеорсухіјѕһԛԝкмтвн01", "aeopcyxijshqwkmtbhol")


def looks(username: str) -> str:
    """What the eye reads, whatever the case and the alphabet."""
    return unicodedata.normalize("NFKC", username).casefold().translate(_LOOKALIKES)


def check_free(username: str) -> None:
    """Raises Refused where an account, closed or not, has this name or one that looks like it."""
    wanted = looks(username)
    for taken in User.objects.values_list("username", flat=True):
        if looks(taken) == wanted:
            raise Refused(
                "user_exists",
                _("There is an account “%(username)s” already. Choose another name."),
                username=taken,
            )
