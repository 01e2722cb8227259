"""The admin, one file per subject."""
