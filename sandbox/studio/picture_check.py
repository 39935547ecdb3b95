"""Judges a received picture by its bytes, for every dialect."""

import io

from PIL import Image

from sandbox.studio.receiving import RefusedError
from sandbox.studio.state import ReceivedFile

_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP")


def check_picture(file: ReceivedFile, size: str | None) -> None:
    """Raises RefusedError unless it is a picture, and of that size if one is given.

    Its label doesn't matter: the provider page's Node example labels one `application/octet-stream`.
    """
    try:
        with Image.open(io.BytesIO(file.data), formats=_IMAGE_FORMATS) as picture:
            sides = picture.size
    except (OSError, SyntaxError, ValueError) as broken:
        message = (
            f"Invalid file '{file.file_name}': not a readable image. "
            "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
        )
        raise RefusedError(400, message, code="invalid_image_file", param="input_reference") from broken
    if size is not None and size != f"{sides[0]}x{sides[1]}":
        raise RefusedError(400, "Inpaint image must match the requested width and height")
