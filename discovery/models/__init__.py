from discovery.models.finding import Finding, Occurrence
from discovery.models.pricing import PricedFinding
from discovery.models.run import Run, Shard, Unit
from discovery.models.summary import Summary, SummaryAction, SummaryEntry
from discovery.models.target import AwsAccount, Repository, StateFile

__all__ = [
    "AwsAccount",
    "Finding",
    "Occurrence",
    "PricedFinding",
    "Repository",
    "Run",
    "Shard",
    "StateFile",
    "Summary",
    "SummaryAction",
    "SummaryEntry",
    "Unit",
]
