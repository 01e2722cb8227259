"""The admin, one file per subject."""

from attestation.admin import (  # noqa: F401  the imports register the pages
    accounts,
    attention,
    calendar,
    case,
    case_acts,
    centers,
    correction_requests,
    cycle_acts,
    cycles,
    deadlines,
    fallen,
    imports,
    notices,
    outages,
    papers,
    people,
    ready,
    records,
    rules,
    term_changes,
)
