"""What the pages of a case and of a decision show, from top to bottom."""

from __future__ import annotations

from appeals.admin.records import APPEALS_PANEL
from attestation.admin.case import CONSEQUENCES_PANEL, DEADLINES_PANEL, DECISION_PANEL, RESULTS_PANEL
from attestation.admin.correction_requests import REQUESTS_PANEL
from attestation.admin.corrections import CORRECTIONS_PANEL
from attestation.admin.fallen import GROUNDS_PANEL
from attestation.admin.notices import LETTERS_PANEL
from attestation.admin.papers import ANNULMENT_PANEL, SERVICE_PANEL
from attestation.admin.ready import READY_PANEL
from scoring.admin import ASSESSMENT_PANEL, DECIDED_PANEL

CASE_PANELS = (
    # What somebody has to act on.
    GROUNDS_PANEL,
    READY_PANEL,
    ANNULMENT_PANEL,
    CORRECTIONS_PANEL,
    REQUESTS_PANEL,
    # What was decided, and from what.
    DECISION_PANEL,
    CONSEQUENCES_PANEL,
    ASSESSMENT_PANEL,
    APPEALS_PANEL,
    # What stands behind it.
    DEADLINES_PANEL,
    RESULTS_PANEL,
    SERVICE_PANEL,
    LETTERS_PANEL,
)
DECISION_PANELS = (DECIDED_PANEL,)
