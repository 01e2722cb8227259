"""Appeals in the admin: filed on the case's page, ruled on question by question (¶21)."""

from appeals.admin import (  # noqa: F401  the imports register the pages
    agenda,
    commission_rules,
    commissions,
    differing,
    faulty,
    filing,
    records,
    sittings,
)
