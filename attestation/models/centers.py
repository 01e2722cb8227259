"""Regions, labour mobility centres and their career centres (I-29)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from attestation.labels import CENTER_KINDS, choices
from attestation.law.vocabulary import CenterKind
from attestation.models.base import link


def in_language(kk: str, ru: str) -> str:
    """The Kazakh or the Russian form of a name; English readers get the Russian one."""
    return kk if (get_language() or "kk").startswith("kk") else (ru or kk)


class Region(models.Model):
    """A region of Kazakhstan or a city of republican significance. Source: fixtures/regions.csv."""

    code = models.CharField(_("code"), max_length=16, unique=True)
    name_kk = models.CharField(_("name (kk)"), max_length=120, unique=True)
    name_ru = models.CharField(_("name (ru)"), max_length=120)
    name_en = models.CharField(_("name (en)"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ("code",)

    def __str__(self) -> str:
        if (get_language() or "").startswith("en") and self.name_en:
            return self.name_en
        return in_language(self.name_kk, self.name_ru)


class CenterQuerySet(models.QuerySet["Center"]):
    def under(self, center: Center) -> CenterQuerySet:
        """A centre and, where it is a labour mobility centre, its career centres."""
        return self.filter(Q(pk=center.pk) | Q(parent=center))


class Center(models.Model):
    """A labour mobility centre, or a career centre that belongs to one (¶9, I-29)."""

    bin = models.CharField(_("BIN"), max_length=12, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=choices(CENTER_KINDS))
    name_kk = models.CharField(_("name (kk)"), max_length=255)
    name_ru = models.CharField(_("name (ru)"), max_length=255)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="career_centers",
        verbose_name=_("labour mobility centre"),
    )
    region = link(Region, _("region"), "centers")

    objects = CenterQuerySet.as_manager()

    class Meta:
        verbose_name = _("centre")
        verbose_name_plural = _("centres")
        ordering = ("region__code", "-kind", "name_ru", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=CenterKind.LABOUR_MOBILITY, parent__isnull=True)
                | Q(kind=CenterKind.CAREER, parent__isnull=False),
                name="center_kind_and_parent",
            ),
            models.CheckConstraint(condition=Q(bin__regex=r"^[0-9]{12}$"), name="center_bin_digits"),
        )

    def __str__(self) -> str:
        return in_language(self.name_kk, self.name_ru)

    @property
    def labour_mobility_center(self) -> Center:
        """The centre that forms the list for this one (¶9)."""
        return self.parent or self
