from portal.models.nagging import ReportCall, ReportNag
from portal.models.report import Block, ProgressReport, ReadReceipt, ReportCadence, ReportEntry, ReportRevision
from portal.models.telling import ReportMail

__all__ = [
    "Block",
    "ProgressReport",
    "ReadReceipt",
    "ReportCadence",
    "ReportCall",
    "ReportEntry",
    "ReportMail",
    "ReportNag",
    "ReportRevision",
]
