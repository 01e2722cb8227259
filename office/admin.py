"""Found with the admin pages of the apps: puts the panels of all three on the pages."""

from attestation.admin.panels import set_panels
from attestation.models import Attestation, Decision
from office.case.panels import CASE_PANELS, DECISION_PANELS

set_panels(Attestation, CASE_PANELS)
set_panels(Decision, DECISION_PANELS)
