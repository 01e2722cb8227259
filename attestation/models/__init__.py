"""The records of the ground floor, one file per subject."""

from attestation.models.account_requests import AccountRequest
from attestation.models.centers import Center, Region
from attestation.models.correction_requests import CorrectionRequest
from attestation.models.corrections import Correction
from attestation.models.cycles import LIVE, Absence, Attestation, CourseRecord, Cycle, Status
from attestation.models.decisions import Consequence, Decision
from attestation.models.grounds import GroundMark
from attestation.models.intake import ImportAnswer, ImportFile, ImportJob, ImportRow, ImportWork, StagedRows
from attestation.models.journal import JournalEntry, JournalHead
from attestation.models.ledger import Deadline, JobRun, Notice
from attestation.models.logins import LoginTries
from attestation.models.papers import Annulment, CalendarFeed, ProofOfService
from attestation.models.people import CategoryTerm, Employee, Role, User
from attestation.models.results import Result, ResultSource
from attestation.models.rules import CalendarDay, CalendarYear, RuleSet, calendar_version, calendar_versions
from attestation.models.safety import Heartbeat, Outage, ReadyEffect, TermChange, WorkFailure
from attestation.models.sent_forms import SentForm
from attestation.models.views import ViewEntry

__all__ = [
    "LIVE",
    "Absence",
    "AccountRequest",
    "Annulment",
    "Attestation",
    "CalendarDay",
    "CalendarFeed",
    "CalendarYear",
    "CategoryTerm",
    "Center",
    "Consequence",
    "Correction",
    "CorrectionRequest",
    "CourseRecord",
    "Cycle",
    "Deadline",
    "Decision",
    "Employee",
    "GroundMark",
    "Heartbeat",
    "ImportAnswer",
    "ImportFile",
    "ImportJob",
    "ImportRow",
    "ImportWork",
    "JobRun",
    "JournalEntry",
    "JournalHead",
    "LoginTries",
    "Notice",
    "Outage",
    "ProofOfService",
    "ReadyEffect",
    "Region",
    "Result",
    "ResultSource",
    "Role",
    "RuleSet",
    "SentForm",
    "StagedRows",
    "Status",
    "TermChange",
    "User",
    "ViewEntry",
    "WorkFailure",
    "calendar_version",
    "calendar_versions",
]
