"""The records of appeals, one file per subject."""

from appeals.models.commission import Commission, CommissionRules, Membership
from appeals.models.differing import DifferingRuling
from appeals.models.faulty import FaultyQuestion
from appeals.models.filing import Appeal, AppealItem, Attachment
from appeals.models.sittings import AgendaItem, Attendance, Dissent, Recusal, Reopening, Sitting, Vote

__all__ = [
    "AgendaItem",
    "Appeal",
    "AppealItem",
    "Attachment",
    "Attendance",
    "Commission",
    "CommissionRules",
    "DifferingRuling",
    "Dissent",
    "FaultyQuestion",
    "Membership",
    "Recusal",
    "Reopening",
    "Sitting",
    "Vote",
]
