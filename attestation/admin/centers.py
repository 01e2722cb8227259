"""Regions and centres."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation.admin.actions import ActionAdmin
from attestation.admin.base import RecordForm, ScopedAdmin
from attestation.admin.exports import ExportedList
from attestation.admin.filters import Choices, ScopedChoices
from attestation.identifiers import IdentifierError, check_bin
from attestation.law.vocabulary import CenterKind
from attestation.models import Center, Region


@admin.register(Region)
class RegionAdmin(ScopedAdmin):
    """The 20 regions; from the register, not typed in."""

    list_display = ("name_kk", "name_ru", "code")
    code_fields = ("name_kk", "name_ru", "code")
    ordering = ("code",)


class CenterForm(RecordForm):
    """A centre typed in by hand; the import of centres checks the same."""

    def clean_bin(self) -> str:
        text = str(self.cleaned_data["bin"]).strip()
        try:
            check_bin(text)
        except IdentifierError as error:
            raise ValidationError(
                _(
                    "“%(bin)s” is no BIN: twelve digits with a right check digit. "
                    "Compare it with the document."
                )
                % {"bin": text}
            ) from error
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, parent = data.get("kind"), data.get("parent")
        if kind == CenterKind.CAREER and (parent is None or parent.kind != CenterKind.LABOUR_MOBILITY):
            self.add_error("parent", _("A career centre belongs to a labour mobility centre. Choose one."))
        if kind == CenterKind.LABOUR_MOBILITY and parent is not None:
            self.add_error(
                "parent", _("A labour mobility centre belongs to no other centre. Leave it empty.")
            )
        return data


@admin.register(Center)
class CenterAdmin(ExportedList, ActionAdmin):
    """Labour mobility centres and their career centres."""

    form = CenterForm
    file_kind = "centers"
    add_right = change_right = "import_centers"
    refuses_iin = False  # A BIN has twelve digits too, and names no person.
    list_display = ("name", "kind_shown", "region", "parent", "bin")
    list_filter = (("kind", Choices), ("region", ScopedChoices))
    list_select_related = ("region", "parent")
    code_fields = ("name_kk", "name_ru", "bin")
    fields = ("bin", "kind", "name_kk", "name_ru", "parent", "region")

    @display(description=gettext_lazy("name"), ordering="name_ru")
    def name(self, obj: Center) -> str:
        return str(obj)

    @display(description=gettext_lazy("kind"), label={"labour_mobility": "info", "career": ""})
    def kind_shown(self, obj: Center) -> tuple[str, str]:
        return obj.kind, obj.get_kind_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Center | None = None) -> tuple[str, ...]:
        return ("bin", "kind") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "parent" and field is not None:
            field.queryset = field.queryset.filter(kind=CenterKind.LABOUR_MOBILITY)
        return field
