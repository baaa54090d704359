"""Files into the record: eForms notices, JSON lines and CSV become needs and profiles, or are refused with a reason."""

from samspil.intake.importer import Progress, Summary, import_paths
from samspil.intake.languages import detect as detect_language
from samspil.intake.outcomes import Note, Outcome, Parsed, Place, RefusalKind, RefusedItem, Taken, TakenProfile
from samspil.intake.reader import read_paths

__all__ = [
    "Note",
    "Outcome",
    "Parsed",
    "Place",
    "Progress",
    "RefusalKind",
    "RefusedItem",
    "Summary",
    "Taken",
    "TakenProfile",
    "detect_language",
    "import_paths",
    "read_paths",
]
