from portal.models.nagging import ReportCall, ReportNag
from portal.models.report import Block, ProgressReport, ReadReceipt, ReportCadence, ReportEntry, ReportRevision

__all__ = [
    "Block",
    "ProgressReport",
    "ReadReceipt",
    "ReportCadence",
    "ReportCall",
    "ReportEntry",
    "ReportNag",
    "ReportRevision",
]
