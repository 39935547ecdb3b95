"""From error words to a cause: the most specific meaning of a response. Pure.

A clear word beats a general one (`server_error`), and a code beats a text, which may repeat the prompt.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from bot.jobs.model import Cause
from bot.videos.error_bodies import ErrorWords, escaped
from bot.videos.values import About, RemoteError
from bot.videos.vocabulary import Signal, phrases, plain_words, says

_ECHO_MIN_CHARACTERS = 12
# Two words together, so that "of a" is no echo.
_ECHO_PAIR_CHARACTERS = 7
_CODE_MAX_CHARACTERS = 64
_MODEL_MIN_CHARACTERS = 3
# Our own fields that the provider can blame; other names are its own.
_PROMPT_OR_PICTURE: dict[str, About] = {"prompt": "prompt", "input_reference": "picture"}
_FIELD_CAUSES = {"size": Cause.SIZE, "seconds": Cause.LENGTH, "model": Cause.MODEL}
# General codes: a text may be more precise.
_GENERAL = re.compile(
    r"invalid prompt|invalid request(?: error)?|bad request(?: error)?|invalid value|invalid type|upstream \w+|"
    r"(?:internal )?(?:server|processing|system|unknown|api|service) ?error|internal(?: error)?|failed|error|\d+"
)
_MISLABELLED = re.compile(
    r"\b(?:unknown|unsupported|unrecogni[sz]ed|unexpected|extra) (?:request )?(?:parameter|argument|field)"
)
_REFUSED_BY_CONTENT = re.compile(
    r"violat|unsafe|blocked|flagged|sensitive|inappropriate|prohibited|disallowed|nsfw|copyright"
)
_PICTURE = re.compile(
    r"\b(?:image|images|picture|pictures|photo|photos|input reference|reference file|first frame|face|faces)\b"
)
_PROMPT = re.compile(r"\b(?:prompt|prompts|input text|text prompt)\b")
_NO_MODEL = re.compile(
    r"not found|not exist|n t exist|not (?:available|supported|allowed|enabled|permitted|offered)|unknown|unsupported|"
    r"no access|not have access|(?:may|can|must) ?not use|invalid|denied|deprecated|retired|no (?:\w+ )?channel"
)


class Verdict(NamedTuple):
    """The cause, its subject, and how sure it is."""

    cause: Cause
    about: About | None = None
    field: str | None = None
    """The one request field that was blamed."""
    code: str | None = None
    """The provider's own code, as it wrote it."""
    by_code: bool = False
    """Whether a code says so; a text may repeat words of the prompt."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The parts of the request that a response may repeat."""

    prompt: str = ""
    model: str = ""


class Meaning:
    """The meaning of the words of one response."""

    def __init__(self, words: ErrorWords, sent: Sent | None = None) -> None:
        """`sent`: the request, whose own words in a text are not the provider's."""
        self._words = words
        self._prompt = plain_words((sent or Sent()).prompt)
        self._model = plain_words((sent or Sent()).model)
        self._codes = [plain_words(code) for code in words.codes]
        self._texts = [self._without_echo(plain_words(text)) for text in words.texts]

    def code_says(self, signal: Signal) -> bool:
        """Whether a code means it."""
        return any(says(signal, code) for code in self._codes)

    def text_says(self, signal: Signal) -> bool:
        """Whether a text means it, by words that aren't in the prompt."""
        return any(phrase not in self._prompt for text in self._texts for phrase in phrases(signal, text))

    def says(self, signal: Signal) -> bool:
        """Whether a code or a text means it."""
        return self.code_says(signal) or self.text_says(signal)

    @property
    def repeats_prompt(self) -> bool:
        """Whether two words in a row of the prompt are in it: then it may be about the prompt alone."""
        said = [plain_words(text) for text in self._words.texts]
        pairs = [f"{one} {other}" for one, other in pairwise(self._prompt.split())]
        return any(pair in text for pair in pairs if len(pair) > _ECHO_PAIR_CHARACTERS for text in said)

    @property
    def leaves_open(self) -> bool:
        """Whether the words leave open if the upstream took the request. Words of the prompt count here, too."""
        if self._is_mislabelled:
            return False
        return any(says(Signal.OPEN, words) for words in (*self._codes, *self._texts))

    @property
    def blocks_account(self) -> bool:
        """Whether the words are about our account as a whole: blocked, suspended, closed."""
        return self.says(Signal.ACCOUNT)

    @property
    def is_content(self) -> bool:
        """Whether the content rules refused the request; a moderation service that is down refused nothing."""
        if self._is_mislabelled or self.blocks_account:
            return False
        if "invalid prompt" in self._codes and not self._blames_form:
            return True
        content = [words for words in (*self._codes, *self._texts) if says(Signal.CONTENT, words)]
        if any(says(Signal.TROUBLE, words) for words in (*self._codes, *self._texts)):
            return any(_REFUSED_BY_CONTENT.search(words) for words in self._codes)
        return bool(content)

    @property
    def is_model(self) -> bool:
        """Whether the model is what this provider, or this key, doesn't have."""
        others = set(self._words.fields) - {"model"}
        if self.code_says(Signal.MODEL) or ("model" in self._words.fields and not others):
            return True
        if others or self._is_passing or self.text_says(Signal.SIZE) or self.text_says(Signal.LENGTH):
            return False
        return self.text_says(Signal.MODEL) or self._refuses_our_model

    def verdict(self) -> Verdict | None:
        """The cause; None if the words name none."""
        found = self._cause()
        if found is None:
            return None
        cause, by_code = found
        about = self._about(cause) if cause in (Cause.CONTENT, Cause.INPUT, Cause.SIZE) else None
        field = "model" if cause is Cause.MODEL else self._words.field
        return Verdict(cause, about, field, self.code, by_code)

    @property
    def code(self) -> str | None:
        """The provider's most precise code: the first that isn't a general one, else the first."""
        telling = [
            code for code, words in zip(self._words.codes, self._codes, strict=True) if not _GENERAL.fullmatch(words)
        ]
        codes = telling or list(self._words.codes)
        return codes[0][:_CODE_MAX_CHARACTERS] if codes else None

    def _cause(self) -> tuple[Cause, bool] | None:
        if self._is_mislabelled:
            return Cause.INPUT, False
        if self.blocks_account:
            return Cause.KEY, self.code_says(Signal.ACCOUNT)
        for cause, signal in ((Cause.CREDIT, Signal.CREDIT), (Cause.RATE, Signal.RATE)):
            if self.code_says(signal) and not self.code_says(Signal.CONTENT):
                return cause, True
        if any("must match the requested width and height" in text for text in self._texts):
            return Cause.SIZE, False
        if self.is_content:
            return Cause.CONTENT, self.code_says(Signal.CONTENT)
        if self.code_says(Signal.KEY):
            return Cause.KEY, True
        if self.is_model:
            return Cause.MODEL, self.code_says(Signal.MODEL)
        return self._weaker_cause()

    def _weaker_cause(self) -> tuple[Cause, bool] | None:
        for cause, signal in ((Cause.RATE, Signal.RATE), (Cause.CREDIT, Signal.CREDIT), (Cause.KEY, Signal.KEY)):
            if self.text_says(signal):
                return cause, False
        by_field = self._by_field()
        if by_field is not None:
            return by_field, False
        for cause, signal in ((Cause.SIZE, Signal.SIZE), (Cause.LENGTH, Signal.LENGTH), (Cause.INPUT, Signal.INPUT)):
            if self.says(signal):
                return cause, self.code_says(signal)
        if self.says(Signal.TROUBLE) or self.says(Signal.INTERNAL):
            return Cause.PROVIDER, self.code_says(Signal.INTERNAL)
        return None

    def _by_field(self) -> Cause | None:
        """The cause of the blamed fields; of several, one that blames no single one of them."""
        fields = set(self._words.fields) - {"video"}
        if not fields:
            return None
        if fields == {"size", "seconds"}:
            return Cause.SIZE
        return _FIELD_CAUSES.get(fields.pop(), Cause.INPUT) if len(fields) == 1 else Cause.INPUT

    def _about(self, cause: Cause) -> About | None:
        """Prompt or picture; None if both or neither are meant."""
        fields = set(self._words.fields)
        if fields:
            return _PROMPT_OR_PICTURE.get(next(iter(fields))) if len(fields) == 1 else None
        everything = " ".join((*self._codes, *self._texts))
        if cause is Cause.SIZE:
            return "picture" if _PICTURE.search(everything) else None
        prompt, picture = bool(_PROMPT.search(everything)), bool(_PICTURE.search(everything))
        if cause is Cause.CONTENT:
            # "input text sensitive content detected", as a code says it.
            prompt = prompt or any(re.search(r"\binput text\b", code) for code in self._codes)
        if prompt == picture or (cause is Cause.INPUT and not self._blames_form):
            return None
        return "prompt" if prompt else "picture"

    @property
    def _is_mislabelled(self) -> bool:
        """Whether it is about an unknown parameter: some proxies call that a violation of the content policy."""
        return any(_MISLABELLED.search(text) for text in self._texts)

    @property
    def _is_passing(self) -> bool:
        """Whether it means "later" rather than a refusal."""
        return self.says(Signal.TEMPORARY) or self.says(Signal.RATE)

    @property
    def _blames_form(self) -> bool:
        return any(
            re.search(r"\b(?:too long|too short|empty|required|missing|characters|tokens)\b", t) for t in self._texts
        )

    @property
    def names_our_model(self) -> bool:
        """Whether a text names the requested model, and nothing of key or credit."""
        if len(self._model) < _MODEL_MIN_CHARACTERS or self.says(Signal.KEY) or self.says(Signal.CREDIT):
            return False
        return any(self._model in text for text in self._texts)

    @property
    def _refuses_our_model(self) -> bool:
        if len(self._model) < _MODEL_MIN_CHARACTERS:
            return False
        return any(self._model in text and _NO_MODEL.search(text.replace(self._model, " ")) for text in self._texts)

    def _without_echo(self, text: str) -> str:
        """The text without the whole prompt, if it is long enough to be recognised."""
        return text.replace(self._prompt, " ") if len(self._prompt) >= _ECHO_MIN_CHARACTERS else text


def remote_error(words: ErrorWords | None, otherwise: Cause, secret: str = "") -> RemoteError:
    """The error of a failed video; `otherwise` is its cause when the words name none."""
    if words is None:
        return RemoteError(otherwise)
    meaning = Meaning(words)
    verdict = meaning.verdict() or Verdict(otherwise)
    if verdict.cause is Cause.PROVIDER:
        verdict = verdict._replace(cause=otherwise)
    code = None if meaning.code is None else escaped(meaning.code, secret)[:_CODE_MAX_CHARACTERS]
    return RemoteError(verdict.cause, verdict.about, code, escaped(" | ".join(words.texts), secret), verdict.field)
