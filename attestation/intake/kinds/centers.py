"""The file of centres: labour mobility centres and the career centres that belong to them (I-29)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.intake import values, vocabulary
from attestation.intake.messages import declare, in_languages
from attestation.intake.regions import RegionRegister
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, import_kind
from attestation.intake.staged import ACTING, acting
from attestation.intake.traces import Left, edited, imported_again, latest
from attestation.law.vocabulary import CenterKind
from attestation.models import Center, Employee, ImportJob, ImportRow, Region, StagedRows
from attestation.people import VOID_ALONE, CenterRow, remove_centers, save_centers

declare(
    {
        "kind_fixed": _("The kind of a centre on record can't be changed by an import. Correct the row."),
        "region_misspelt": _("There is no region “%(region)s”. Did you mean “%(near)s”?"),
        "region_new": _("The region “%(region)s” is new and will be added to the register."),
        "no_parent_wanted": _("A labour mobility centre has no centre above it. Leave the cell blank."),
        "parent_missing": _("Give the BIN of the labour mobility centre that this centre belongs to."),
        "parent_unknown": _(
            "There is no centre with the BIN %(bin)s, neither on record nor in this file. "
            "Add it or correct the BIN."
        ),
        "parent_career": _(
            "The centre %(bin)s is no labour mobility centre; a career centre belongs to one. "
            "Correct the BIN."
        ),
        "parent_row_wrong": _(
            "The row of the centre %(bin)s (row %(row)s) has an error. Correct that row first."
        ),
        "former_gone": _("Before the import the centre belonged to %(what)s, which is no longer on record."),
    }
)


@import_kind("centers", title=_("Centres"), right="import_centers", command="import_centers", place=10)
class CenterResource(IntakeResource):
    """Labour mobility centres and their career centres, by BIN (I-29)."""

    key_field = "bin"
    undoable = True

    bin = Column(values.bin_number, "БСН", "БИН", "BIN", required=True)
    name_kk = Column(
        values.text(255, words=True), "Атауы (қаз)", "Наименование (каз)", "Name (kk)", required=True
    )
    name_ru = Column(
        values.text(255, words=True), "Атауы (орыс)", "Наименование (рус)", "Name (ru)", required=True
    )
    kind = Column(values.choice(vocabulary.CENTER_KINDS), "Түрі", "Вид", "Kind", required=True)
    parent_bin = Column(
        values.bin_number, "Жоғары тұрған БСН", "БИН вышестоящего", "Parent BIN", attribute="parent__bin"
    )
    region = Column(values.text(120, words=True), "Өңір", "Регион", "Region", required=True)

    def on_record(self, context: Context) -> QuerySet[Center]:
        centers = Center.objects.select_related("parent", "region").order_by("pk")
        return access.scoped(context.by.user, centers)

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        self.fail_doubled(rows, "bin")
        self.known = context.by_key(
            Center.objects.select_related("parent", "region"), "bin", self.given_in(rows, "bin", "parent_bin")
        )
        self.rows = {row.get("bin"): row for row in rows}
        self.regions = RegionRegister(Region.objects.all())

    def in_order(self, rows: Sequence[SheetRow]) -> Sequence[SheetRow]:
        """Labour mobility centres first: a career centre's row is only as good as its centre's."""
        return sorted(rows, key=lambda row: row.get("kind") != CenterKind.LABOUR_MOBILITY)

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {name: row.get(name) or "" for name in ("name_kk", "name_ru", "kind", "parent_bin")}
        after["region"] = self._region(row)
        self._check_parent(row)
        center = self.known.get(row.get("bin"))
        if center is None:
            return None, after
        if center.kind != after["kind"]:
            row.fail("kind", "kind_fixed")
        return as_fields(center), after

    def _region(self, row: SheetRow) -> str:
        text = row.get("region")
        region = self.regions.find(text)
        if region is not None:
            return region.code
        near = self.regions.near(text)
        if near is not None:
            row.fail("region", "region_misspelt", region=text, near=in_languages(lambda: str(near)))
        row.note(None, "region_new", region=text)
        return str(text)

    def _check_parent(self, row: SheetRow) -> None:
        number = row.get("parent_bin")
        if row.get("kind") == CenterKind.LABOUR_MOBILITY:
            if number:
                row.fail("parent_bin", "no_parent_wanted")
            return
        if not number:
            row.fail("parent_bin", "parent_missing")
            return
        above = self.rows.get(number)
        known = self.known.get(number)
        if above is None and known is None:
            row.fail("parent_bin", "parent_unknown", bin=number)
        elif self._kind_of(number) != CenterKind.LABOUR_MOBILITY:
            row.fail("parent_bin", "parent_career", bin=number)
        elif above is not None and above.errors and known is None:
            row.fail("parent_bin", "parent_row_wrong", bin=number, row=above.number)

    def _kind_of(self, number: str) -> str:
        """The kind of a centre by the file, else by the record."""
        above, known = self.rows.get(number), self.known.get(number)
        if above is not None:
            return str(above.get("kind"))
        return known.kind if known is not None else ""

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        save_centers(
            [
                CenterRow(bin=plan.key, on_record=plan.before is not None, **(plan.after or {}))
                for plan in plans
            ]
        )

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """A career centre first: its labour mobility centre stays where it does."""
        staged = {row.key: row for row in acting(job)}
        known = Center.objects.filter(bin__in=staged).select_related("parent", "region")
        centers = {center.bin: center for center in known}
        found = {number: Left("edited_since") for number in staged.keys() - centers}
        found |= self._touched(job, centers, staged)
        for center in sorted(centers.values(), key=lambda one: one.parent_id is None):
            if center.bin not in found:
                undone = staged.keys() - found
                if left := self._held(center, staged[center.bin], undone):
                    found[center.bin] = left
        numbers = {row.key: row.row_no for row in rows.queryset()}
        return {numbers[key]: left for key, left in found.items() if key in numbers}

    def _touched(
        self, job: ImportJob, centers: Mapping[str, Center], staged: Mapping[str, ImportRow]
    ) -> dict[str, Left]:
        """Those changed since the import, by hand or by a later file; also where they came back."""
        assert job.confirmed_at is not None
        by_key = {center.pk: number for number, center in centers.items()}
        by_hand = edited(Center, by_key, job.confirmed_at)
        differing = {
            pk
            for pk, number in by_key.items()
            if as_fields(centers[number]) != self._as_written(staged[number].after or {})
        }
        found = {by_key[pk]: left for pk, left in by_hand.items() if left.since or pk in differing}
        return latest(found, imported_again(job, centers, "key", kind__in=ACTING))

    def _held(self, center: Center, row: ImportRow, undone: Collection[str]) -> Left | None:
        """What keeps an untouched centre as it is: what rests on it, or nothing to go back to."""
        if row.kind == ImportRow.Kind.NEW:
            what = self._resting_on(center, undone)
            return Left("has_records", what=what) if what else None
        before = row.before or {}
        for model, name, key in ((Center, "bin", "parent_bin"), (Region, "code", "region")):
            if before[key] and not model.objects.filter(**{name: before[key]}).exists():
                return Left("former_gone", what=before[key])
        return None

    @staticmethod
    def _as_written(after: dict[str, Any]) -> dict[str, Any]:
        """What the row left; a region it added by name has a code now."""
        code = Region.objects.filter(name_ru=after.get("region")).values_list("code", flat=True).first()
        return {**after, "region": code or after.get("region")}

    @staticmethod
    def _resting_on(center: Center, undone: Collection[str]) -> dict[str, str] | None:
        """The first kind of records that belong to the centre, but for centres that go with it."""
        for relation in Center._meta.related_objects:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: center})
            if relation.related_model is Center:
                rows = rows.exclude(bin__in=undone)
            if relation.related_model is Employee:
                rows = rows.exclude(VOID_ALONE)
            if rows.exists():
                return in_languages(partial(str, relation.related_model._meta.verbose_name_plural))
        return None

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        staged = list(rows.queryset().filter(left__isnull=True))
        new = rows.kind == ImportRow.Kind.NEW
        if not new:
            save_centers([CenterRow(bin=row.key, on_record=True, **(row.before or {})) for row in staged])
        regions = {(row.after or {})["region"] for row in staged}
        remove_centers([row.key for row in staged] if new else (), regions)


def as_fields(center: Center) -> dict[str, Any]:
    """The centre as a row of the file has it."""
    return {
        "name_kk": center.name_kk,
        "name_ru": center.name_ru,
        "kind": center.kind,
        "parent_bin": center.parent.bin if center.parent else "",
        "region": center.region.code,
    }
