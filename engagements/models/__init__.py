from engagements.models.acceptance import Acceptance, Rescission
from engagements.models.cost_base import CostBase, SellingRate
from engagements.models.engagement import Decision, Engagement, Risk
from engagements.models.proposal import (
    Proposal,
    ProposalLine,
    ProposalLink,
    ProposalOpening,
    ProposalPick,
    ProposalRemark,
    ProposalRevision,
)
from engagements.models.scope import (
    ChangeLine,
    ChangeSet,
    Deliverable,
    ScopeEntry,
    ScopeItem,
    SwapWish,
    WorkLog,
)
from engagements.models.terms import Terms

__all__ = [
    "Acceptance",
    "ChangeLine",
    "ChangeSet",
    "CostBase",
    "Decision",
    "Deliverable",
    "Engagement",
    "Proposal",
    "ProposalLine",
    "ProposalLink",
    "ProposalOpening",
    "ProposalPick",
    "ProposalRemark",
    "ProposalRevision",
    "Rescission",
    "Risk",
    "ScopeEntry",
    "ScopeItem",
    "SellingRate",
    "SwapWish",
    "Terms",
    "WorkLog",
]
