"""What people bring along: pictures."""

from playwright.async_api import FilePayload

from tests.e2e.scene import picture


def payload(name: str, colour: str = "tomato") -> FilePayload:
    """A small PNG as a browser's file dialog hands it over."""
    file = picture(colour, name=name)
    return {"name": file.name, "mimeType": "image/png", "buffer": file.data}


BOAT = payload("paper-boat.png")
LANTERN = payload("lantern.png", "gold")
