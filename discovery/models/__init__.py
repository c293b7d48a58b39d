from discovery.models.finding import Finding, Occurrence
from discovery.models.github import GitHubAccess
from discovery.models.pricing import PricedFinding
from discovery.models.run import Run, Shard, Unit
from discovery.models.schedule import Schedule, ScheduledRun
from discovery.models.summary import Summary, SummaryAction, SummaryEntry
from discovery.models.target import AwsAccount, Repository, StateFile
from discovery.models.watching import WatchedFinding, WatchMail

__all__ = [
    "AwsAccount",
    "Finding",
    "GitHubAccess",
    "Occurrence",
    "PricedFinding",
    "Repository",
    "Run",
    "Schedule",
    "ScheduledRun",
    "Shard",
    "StateFile",
    "Summary",
    "SummaryAction",
    "SummaryEntry",
    "Unit",
    "WatchMail",
    "WatchedFinding",
]
