"""The services that cogs call."""

from dataclasses import dataclass

from bot.chat.words import Readers
from bot.engine.requests.details import DetailsLookup
from bot.engine.requests.drafts import Drafts
from bot.engine.requests.drill import Drill
from bot.engine.requests.history import History
from bot.engine.requests.improving import Improving
from bot.engine.requests.intake import Intake
from bot.engine.requests.job_actions import JobActions
from bot.engine.requests.lookup import Lookup
from bot.engine.requests.owner_actions import OwnerActions
from bot.engine.requests.replies import Replies
from bot.engine.requests.threads import VideoThreads
from bot.engine.requests.welcome import Welcome
from bot.jobs.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a command, a button, a form or an event of Discord needs."""

    intake: Intake
    drafts: Drafts
    improving: Improving
    job_actions: JobActions
    lookup: Lookup
    details: DetailsLookup
    history: History
    replies: Replies
    threads: VideoThreads
    owner_actions: OwnerActions
    drill: Drill
    welcome: Welcome
    catalogue: Catalogue
    readers: Readers
