"""The words of a message, and whether it is a question. Pure.

Discord's own markup (mentions, emoji, timestamps, links) is no word, nor is invisible text (docs/facts/discord.md,
"Text"). Words are counted carefully rather than exactly: a counted word may cost money.
"""

import math
import re
import unicodedata
from itertools import dropwhile

from bot.chat.unseen import without_ignorable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MARKUP = re.compile(
    r"<a?:\w{1,40}:\d+>"  # an emoji of a server
    r"|<(?:@[!&]?|\#)\d+>"  # a person, a role, a channel
    r"|</[^<>:\n]{1,110}:\d+>"  # a command
    r"|<t:-?\d+(?::\w)?>"  # a moment
    r"|<(?:id|sound):[^<>\s]+>"  # a page of the server, a sound
    r"|@(?:everyone|here)\b"
    r"|(?<![\w:])(?::(?!\d+:)[\w+~-]{2,64}:)+(?!\w)"  # emoji by their names
)
_LINK = re.compile(
    r"(?:\]\(\s*)?<?\b(?:[a-z][a-z0-9+.-]*://|mailto:|tel:|www\.)[^\s<>]*>?"
    r"|(?:\w[\w-]*\.)+[a-z]{2,}/[^\s<>]*",
    re.IGNORECASE,
)
# A letter or digit in a box or circle, and the one letter that is an emoji: keycaps, ℹ.
_ENCLOSED = re.compile("[\\w#*]\ufe0f?[\u20dd-\u20e0\u20e2-\u20e4]|\u2139")
_EMOTICON = re.compile(
    r"[<>]?[:;=8x]['\-^o~]*[)(\]\[dpob3/\\|*}{@c$sx<>]+"  # :D ;-) xD 8)
    r"|[)(\]\[d/\\|}{@c$s<>]['\-^o~]*[:;=]"  # (: D:
    r"|<[/\\]?3+"
    r"|([outqx@.])[_.,-]+\1"  # o_o T_T u.u
    r"|[ou]w[ou]",
    re.IGNORECASE,
)
# Letters in drawn faces; in real words they appear among letters of their own script.
_FACE = frozenset("ツシᴥʕʔʖಠಥಡωДдロ益つづノﾉヮ◕‿┻━╯╰°")
_DOTS = frozenset("•・･｡")
_SIGNS_AND_MARKS = frozenset({"Sm", "Sc", "Sk", "So", "Ps", "Pe", "Pc", "Mn", "Me"})
_STOPS = re.compile(r"[\s，。、！？；：…·「」『』（）]+")

_HAN = ("CJK", "IDEOGRAPHIC")
_KANA = ("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "BOPOMOFO", "YI")
_UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "BALINESE", "TAI", "NEW TAI")

_QUESTION_MARK = re.compile(r"[?？؟⁇⁈⁉‽՞፧⸮]+[\"'”’»)\]}!.…~*_|\s]*(?:\s|$)|^\W*¿")
_QUESTION_WORDS = _words(
    # English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Ukrainian
    "who what where why how which whose whom whats what's who's where's how's how'd why's"
    " wer was wo wann warum wieso weshalb wie welche welcher welches woher wohin"
    " qui quoi où quand pourquoi comment quel quelle quels quelles combien est-ce qu'est-ce"
    " qué quién dónde cuándo cómo cuál cuánto quem onde qual quanto chi cosa dove perché quale"
    " waarom hoe welke wanneer kto gdzie kiedy dlaczego jak czy"
    " кто что где когда почему зачем как какой какая хто що де коли чому"
)
_LEAD_INS = _words(
    "ah aha ahh and but damn dude guys haha hahaha hey hi hmm hm lmao lol man nah nice no ok okay oh ooh omg please pls"
    " rofl so uh um wait well whoa woah wow wtf yeah yes yo anyway btw"
)
_LOOKED_AT = 8
_AROUND_WORDS = '.,!:;"()*_~|'
_AUXILIARIES = _words(
    "is are was were do does did can could would will should has have had am may"
    " isn't aren't wasn't don't doesn't didn't can't couldn't wouldn't won't shouldn't hasn't haven't"
)
_SUBJECTS = _words("i you u ya we they he she it this that these those there anyone anybody someone y'all")
_IMPERATIVES = frozenset({"do", "don't", "have"})
_ASKED_PEOPLE = frozenset({"i", "you", "u", "ya", "we", "they", "y'all", "anyone", "anybody", "these", "those"})
_UNSPACED_QUESTION = re.compile(
    r"^(?:为什么|為什麼|怎么|怎麼|什么|什麼|谁|誰|哪|なぜ|どうして|どう|なに|何で|なんで|どこ|いつ|왜|어떻게|누가|어디)"
    r"|(?:吗|嗎|呢|か|かな|까|까요|나요)[。.!！~〜…\s]*$"
)

_WORDS_ASKED_ABOUT = 2


def count_words(text: str) -> int:
    """How many words a person sees in the text.

    Letters and digits make words. Where a script puts no spaces between words, two Han characters, three kana or four
    letters of Thai and similar scripts count as one.
    """
    return sum(_weigh(token) for token in _STOPS.split(_prose(text)) if token)


def count_different_words(text: str) -> int:
    """The same, but a repeated word or character counts once: `lol lol lol`, `哈哈哈哈`."""
    tokens = dict.fromkeys(token.strip(_AROUND_WORDS).casefold() for token in _STOPS.split(_prose(text)))
    different = sum(min(1, _weigh(token)) if len({*token}) == 1 else _weigh(token) for token in tokens)
    return min(different, count_words(text))


def is_question(text: str) -> bool:
    """Whether the text seems to be a question: a sentence ends in a question mark, or it starts like a question.

    Words that only lead in, as in `lol how did you do that`, are skipped.
    """
    prose = _prose(text).strip()
    if _QUESTION_MARK.search(prose) or _UNSPACED_QUESTION.search(prose):
        return True
    said = [word.strip(_AROUND_WORDS).lower().replace("’", "'") for word in prose.split()[:_LOOKED_AT]]
    spoken = list(dropwhile(lambda word: not word or word in _LEAD_INS, said))
    if not spoken:
        return False
    if spoken[0] in _QUESTION_WORDS:
        return True
    if len(spoken) < 2:
        return False
    if spoken[0] == "when":
        return spoken[1] in _AUXILIARIES
    if spoken[0] not in _AUXILIARIES:
        return False
    return spoken[1] in (_ASKED_PEOPLE if spoken[0] in _IMPERATIVES else _SUBJECTS)


def may_be_talk(text: str, *, pictures: bool) -> bool:
    """Whether the words may be meant for people instead of the bot: a question, or one or two without pictures."""
    return is_question(text) or (count_different_words(text) <= _WORDS_ASKED_ABOUT and not pictures)


def _prose(text: str) -> str:
    """The text without Discord's markup, links, boxed letters and invisible characters."""
    text = _ENCLOSED.sub(" ", text)
    text = without_ignorable(text)
    text = _LINK.sub(" ", _MARKUP.sub(" ", text))
    return "".join(" " if unicodedata.category(one) == "So" and one not in _FACE else one for one in text)


def _weigh(token: str) -> int:
    """How many words one piece without spaces is worth; 0 for signs, figures drawn with signs, and stray marks."""
    letters = [one for one in token if _is_letter(one)]
    if not letters or _EMOTICON.fullmatch(token) or _is_face(token):
        return 0
    weight, spaced = 0.0, False
    for letter in letters:
        script = unicodedata.name(letter, "")
        if script.startswith(_HAN):
            weight += 1 / 2
        elif script.startswith(_KANA):
            weight += 1 / 3
        elif script.startswith(_UNSPACED):
            weight += 1 / 4
        else:
            spaced = True
    return math.ceil(round(weight, 6)) + spaced


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _is_face(token: str) -> bool:
    """Whether the piece is a face drawn with signs and odd letters, such as ¯\\_(ツ)_/¯."""
    signed = any(one in _DOTS or unicodedata.category(one) in _SIGNS_AND_MARKS for one in token)
    return signed and any(one in _FACE for one in token) and len(token) < 2 * sum(map(_is_drawn, token))


def _is_drawn(character: str) -> bool:
    return character in _FACE or not _is_letter(character)
