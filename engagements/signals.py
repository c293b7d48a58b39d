"""News for the rooms above, sent inside the transaction that made them true. Each is answered by one service call."""

from django.dispatch import Signal

proposal_accepted = Signal()  # acceptance, engagement
acceptance_rescinded = Signal()  # acceptance, engagement
change_approved = Signal()  # change_set, actor
engagement_ended = Signal()  # engagement, actor: closed or cancelled
proposal_drafted = Signal()  # revision, actor: lines came, went or changed
