"""What a service says when the law or the state of a case forbids an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from attestation.cites import cite_label, cite_labels

_SIGNS: dict[str, str | Promise] = {
    "U+0000": gettext_lazy("an empty sign"),
    "U+0009": gettext_lazy("a tab"),
    "U+000A": gettext_lazy("a line break"),
    "U+000D": gettext_lazy("a line break"),
    "U+00A0": gettext_lazy("a blank that does not break"),
    "U+FFFD": gettext_lazy("a letter that was lost"),
}


def sign(code_point: str) -> str:
    """A character as a person knows it, by its code point `U+…`: itself where it can be seen."""
    text = chr(int(code_point[2:], 16))
    if code_point in _SIGNS:
        return str(_SIGNS[code_point])
    return gettext("“%(text)s”") % {"text": text} if text.isprintable() else gettext("an invisible sign")


class Refused(Exception):
    """An act that was refused and changed nothing.

    `message` is in the reader's language and names the row, field or deadline and the next step;
    `code` is stable for tests and logs; `cite` is the point or reading that forbids the act, if one does.
    """

    def __init__(self, code: str, message: str | Promise, /, cite: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.cite = cite
        self.params = params
        self._message = message

    @property
    def message(self) -> str:
        """The sentence in the language active now."""
        text = str(self._message)
        if not self.params:
            return text
        said = {"cite": cite_label(self.cite), **self.params}
        if "character" in said:
            said["character"] = sign(said["character"])
        if "cites" in said:
            said["cites"] = ", ".join(cite_labels(said["cites"]))
        return text % said

    def nameless(self) -> Refused:
        """The same for whoever reviews the case blind: without its number."""
        told = {name: "…" if name == "case" else value for name, value in self.params.items()}
        return Refused(self.code, self._message, self.cite, **told)

    def __str__(self) -> str:
        return self.message


def refusal_of(check: Callable[..., object], *facts: Any) -> Refused | None:
    """What a service's check says against an act, for the page that says where the matter lies instead."""
    try:
        check(*facts)
    except Refused as refusal:
        return refusal
    return None


def allows(check: Callable[..., object], *facts: Any) -> bool:
    """Whether a service's check lets an act through: its button asks the same rule."""
    return refusal_of(check, *facts) is None
