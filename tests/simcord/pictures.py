"""Small real pictures to attach."""

import io

from PIL import Image


def png(shade: int = 40) -> bytes:
    """A PNG; another shade makes another picture."""
    out = io.BytesIO()
    Image.new("RGB", (32, 20), (200, 80, shade)).save(out, "PNG")
    return out.getvalue()
