"""The services that cogs call."""

from dataclasses import dataclass

from bot.chat.words import Readers
from bot.engine.requests.details import DetailsLookup
from bot.engine.requests.drafts import Drafts
from bot.engine.requests.intake import Intake
from bot.engine.requests.job_actions import JobActions
from bot.engine.requests.lookup import Lookup
from bot.engine.requests.owner_actions import OwnerActions
from bot.engine.requests.replies import Replies
from bot.videos.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Services:
    """Intake, drafts, job actions, look-up, details, replies, the owner's actions, catalogue, readers."""

    intake: Intake
    drafts: Drafts
    job_actions: JobActions
    lookup: Lookup
    details: DetailsLookup
    replies: Replies
    owner_actions: OwnerActions
    catalogue: Catalogue
    readers: Readers
