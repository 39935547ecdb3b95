"""Everything that a cog may ask of the engine, handed over whole when it is loaded; it does nothing itself."""

from dataclasses import dataclass

from bot.chat.words import Readers
from bot.engine.acts import Acts
from bot.engine.drafts import Drafts
from bot.engine.intake import Intake
from bot.engine.lookup import Lookup
from bot.engine.owning import Owning
from bot.engine.replies import Replies
from bot.videos.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Desk:
    """Taking requests in, acting on jobs, looking them up, replies, the owner's acts, the catalogue, the readers."""

    intake: Intake
    drafts: Drafts
    acts: Acts
    lookup: Lookup
    replies: Replies
    owning: Owning
    catalogue: Catalogue
    readers: Readers
