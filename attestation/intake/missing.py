"""F-I23: people of a centre whom its staff file does not name: listed, and nothing is done about them."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet

from attestation.models import Employee, ImportJob, ImportRow


def missing_people(job: ImportJob) -> QuerySet[Employee]:
    """Those in service at the centres of which the file names at least half of the people, and not them."""
    if job.kind != "staff":
        return Employee.objects.none()
    # Not EXISTS: PostgreSQL would look through all rows of the file for each person.
    named = Q(iin__in=ImportRow.objects.filter(job=job).values("key"))
    centers = job.options.get("summary", {}).get("centers", ())
    people = Employee.objects.filter(center__in=centers, left_on=None)
    counted = people.order_by().values("center").annotate(all=Count("pk"), found=Count("pk", filter=named))
    whole = [row["center"] for row in counted.filter(found__gt=0, found__gte=F("all") / 2.0)]
    return people.filter(~named, center__in=whole).order_by("sort_key", "pk")
