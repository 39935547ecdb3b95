"""Pictures that need no fitting, for tests about other things: each is sent as the fake shelf has it."""

from typing import Any

from bot.jobs.model import Reference
from bot.media.fitted_pictures import PictureFile


class UnfittedPictures:
    """No picture has a shape that could be fitted."""

    def __init__(self, context: Any) -> None:
        self._context = context

    async def read_shape(self, picture: Reference) -> None:
        return None

    async def fit(self, picture: Reference, how: None, whose: int) -> PictureFile:
        return PictureFile(self._context.shelf.path(picture), picture.content_type)
