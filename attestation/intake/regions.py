"""A region as people write it: by code or name, in three languages, with “облысы” or “г.” or without."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from attestation.intake.values import folded
from attestation.models import Region

REGION_WORDS = frozenset({"облысы", "облыс", "обл", "область", "области", "region", "oblast", "province"})
CITY_WORDS = frozenset({"қаласы", "қала", "қ", "город", "города", "гор", "г", "city"})
CLOSE = 0.75
# Russian keyboards have no Kazakh letters: "Акмола" is meant for "Ақмола".
_PLAIN = str.maketrans("әғқңөұүһі", "агкноуухи")


def _stem(name: str) -> tuple[str, str]:
    """The bare name in plain letters, and "region", "city" or "" by the word that stood with it."""
    words = re.findall(r"\w+", folded(name))
    kind = ""
    if any(word in REGION_WORDS for word in words):
        kind = "region"
    elif any(word in CITY_WORDS for word in words):
        kind = "city"
    bare = [word.translate(_PLAIN) for word in words if word not in REGION_WORDS | CITY_WORDS]
    return " ".join(bare), kind


class RegionRegister:
    """The regions on record, ready to be looked up."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._exact: dict[str, Region] = {}
        self._stems: dict[str, list[tuple[str, Region]]] = {}
        for region in regions:
            self.add(region)

    def add(self, region: Region) -> None:
        """Take a region in, by its code and its names."""
        kinds = {_stem(name)[1] for name in (region.name_kk, region.name_ru)} - {""}
        kind = kinds.pop() if len(kinds) == 1 else ""
        for name in (region.code, region.name_kk, region.name_ru, region.name_en):
            if not name:
                continue
            self._exact.setdefault(folded(name), region)
            known = self._stems.setdefault(_stem(name)[0], [])
            if (kind, region) not in known:
                known.append((kind, region))

    def find(self, text: str) -> Region | None:
        """The region that the text names beyond doubt; a bare “Алматы” is the city."""
        exact = self._exact.get(folded(text))
        if exact is not None:
            return exact
        stem, kind = _stem(text)
        known = self._stems.get(stem, [])
        fitting = [region for its, region in known if not kind or not its or its == kind]
        if len(fitting) > 1 and not kind:
            fitting = [region for its, region in known if its == "city"]
        return fitting[0] if len(fitting) == 1 else None

    def near(self, text: str) -> Region | None:
        """A region whose name is so close that the text is rather misspelt than new."""
        stem, kind = _stem(text)
        for close in get_close_matches(stem, self._stems, n=3, cutoff=CLOSE):
            fitting = [region for its, region in self._stems[close] if not kind or not its or its == kind]
            if fitting:
                return fitting[0]
        return None
