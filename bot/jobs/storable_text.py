"""Foreign text as both databases can hold it: PostgreSQL takes neither NUL nor half a pair of surrogates."""


def storable(text: str) -> str:
    """The text without NUL, and with each lone half of a pair as U+FFFD; never longer than it was."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
