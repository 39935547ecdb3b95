"""A small reader of Discord's markup, which decides how Discord would render a text.

The rules are tried in this order at each position, as Discord's own programs do: the one that starts first wins.
"""

import re

# Every rule but "block", which needs the start of a line, begins with one of these.
_FIRST_CHARACTERS = frozenset("\\`@<:[hsd*_~|")
_RULES = [
    ("escape", re.compile(r"\\[^0-9A-Za-z\s]")),
    ("code block", re.compile(r"```.+?```", re.DOTALL)),
    ("code", re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")),
    ("everyone", re.compile(r"@everyone|@here")),
    ("mention", re.compile(r"<@!?\d+>|<@&\d+>|<#\d+>|<id:\w+>")),
    ("timestamp", re.compile(r"<t:-?\d+(?::[tTdDfFR])?>")),
    ("command", re.compile(r"</[^>]+:\d+>")),
    ("emoji", re.compile(r"<a?:\w+:\d+>|:\w+:")),
    ("masked link", re.compile(r"\[[^\]]*\]\(\s*<?[^)]*>?\s*\)")),
    ("link", re.compile(r"<?(?:https?|steam|discord)://[^\s<]+")),
    ("style", re.compile(r"\*\*.+?\*\*|\*[^*\s].*?\*|__.+?__|_[^_\s].*?_|~~.+?~~|\|\|.+?\|\|", re.DOTALL)),
    ("block", re.compile(r"(?:#{1,3}|-#|>>>|>|[-*]|\d+\.) .*")),
]


def read(text: str) -> list[tuple[str, str]]:
    """Everything in the text that is not plain, as (what it is, how it is written)."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        line_start = at == 0 or text[at - 1] == "\n"
        if not line_start and text[at] not in _FIRST_CHARACTERS:
            at += 1
            continue
        for name, rule in _RULES:
            match = rule.match(text, at)
            if match and (name != "block" or line_start):
                found.append((name, match[0]))
                at = match.end()
                break
        else:
            at += 1
    return found
