"""The kinds of files of this floor, declared: columns, headers in three languages, row rules."""

from attestation.resources.centers import CenterResource
from attestation.resources.cycle_files import AttesteeResource, CourseResource, ResultResource
from attestation.resources.staff import StaffResource

__all__ = ["AttesteeResource", "CenterResource", "CourseResource", "ResultResource", "StaffResource"]
