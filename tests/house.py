"""Where the product's code stands."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = ("attestation", "scoring", "appeals", "office", "config")
