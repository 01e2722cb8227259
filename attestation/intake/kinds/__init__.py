"""The kinds of files of this floor: columns, headers in three languages, row rules; each declares itself."""

from attestation.intake.kinds import centers, cycle_files, staff

__all__ = ["centers", "cycle_files", "staff"]
