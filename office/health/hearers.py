"""I-37: whether there is somebody who hears what the system says."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.models import Center, Employee, Role, User
from attestation.notices.rule_sets import RuleSets
from office.health.line import GOOD, WAIT, Line


def without_officer() -> QuerySet[Center]:
    """Centres with staff in service and no officer, neither of their own nor of the centre above them."""
    staff = Employee.objects.filter(center=OuterRef("pk"), left_on__isnull=True)
    above = Q(center=OuterRef("pk")) | Q(center=OuterRef("parent"))
    officers = User.objects.filter(above, role=Role.HR, is_active=True)
    return Center.objects.filter(Exists(staff), ~Exists(officers))


def officers_line() -> Line:
    """Centres of which no officer is told anything."""
    title, url = _("Centres without an officer"), reverse("admin:attestation_user_changelist")
    count = without_officer().count()
    if not count:
        return Line("officers", title, GOOD, _("none"), url=url)
    state = ngettext("%(count)s centre", "%(count)s centres", count) % {"count": count}
    todo = _(
        "Make an account for an HR officer of each: until then administrators alone are told of its cases."
    )
    return Line("officers", title, WAIT, state, None, todo, url)


def escalation_line(now: datetime) -> Line:
    """Where what is overdue is reported to."""
    title, url = _("Escalation address"), reverse("admin:attestation_ruleset_changelist")
    if RuleSets.read(now).in_force.escalation_address:
        return Line("escalation", title, GOOD, _("is set"), url=url)
    todo = _("Enter it in the rule set in force: until then nobody is told of what was not done in time.")
    return Line("escalation", title, WAIT, _("is empty"), None, todo, url)
