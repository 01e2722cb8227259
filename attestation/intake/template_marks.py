"""By what the reader knows our own templates: their further sheets, their example, the column of names."""

from __future__ import annotations

import re

# The sheets beside the one that is filled in.
GUIDE = "Нұсқаулық-Инструкция-Guide"
LISTS = "Тізімдер-Списки-Lists"
SHEETS = frozenset({GUIDE, LISTS})
# In the key column of the example row.
EXAMPLE = "мысал / пример / example"
# Over the names beside the IINs, which are for whoever fills the file in.
NAMES = "Аты-жөні (анықтама) / ФИО (справочно) / Name (for reference)"
# A BIN of a list, with the name of its centre.
WITH_NAME = re.compile(r"([0-9]{12}) · .+")


def with_name(number: str, title: str) -> str:
    """A BIN with the name of its centre, as the lists offer it."""
    return f"{number} · {title}"
