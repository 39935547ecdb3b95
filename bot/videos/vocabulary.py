"""The meaning of error words of providers and gateways, as tables of patterns. Pure.

Codes and texts are matched alike: `ContentPolicyViolation`, `content_policy_violation` and "violates the content
policy" all become plain lower-case words first. The words are those seen at servers of this protocol
(docs/facts/provider.md, "Errors") and similar ones; those that leave the outcome open are in `open_outcome`.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from bot.videos.open_outcome import OPEN_GROUPS, OPEN_PATTERNS, OPEN_WITHOUT_SPACES


class Signal(StrEnum):
    """One meaning of error words."""

    OPEN = "open"
    """The upstream may have taken the request."""
    ACCOUNT = "account"
    CONTENT = "content"
    CREDIT = "credit"
    KEY = "key"
    MODEL = "model"
    RATE = "rate"
    SIZE = "size"
    LENGTH = "length"
    NOT_FOUND = "not found"
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"
    INPUT = "input"
    INTERNAL = "internal"
    TROUBLE = "trouble"
    """A moderation service that is down: the provider's fault, not the content's."""
    TEMPORARY = "temporary"


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAPS = re.compile(r"[\W_]+")
_LINK = re.compile(r"(?i)https?://\S+")
_READ_CHARACTERS = 2_000


def plain_words(text: str) -> str:
    """The text as lower-case words with one space between them: `ReadTimeout_Error` becomes `read timeout error`."""
    # An address in a text (of a help page, say) is no evidence about the request.
    text = _LINK.sub(" ", text[:_READ_CHARACTERS])
    return _GAPS.sub(" ", _CAMEL.sub(" ", text)).strip().casefold()


def says(signal: Signal, words: str) -> bool:
    """Whether the words mean it; `words` as `plain_words` makes them."""
    return _PATTERNS[signal].search(words) is not None


def phrases(signal: Signal, words: str) -> Iterator[str]:
    """The words that mean it, one place after the other."""
    return (found.group() for found in _PATTERNS[signal].finditer(words))


_GROUPS = {
    "video": "videos?|tasks?|job|generation|resource|record|origin|source|original|parent|object|asset|ids?",
    # A name between "video" and "not found", but not another thing that is missing.
    "name": r"(?:(?!image|model|key|channel|user|account|failed|status)\S+ ){0,8}?",
    "gone": (
        "not found|(?:do|does|did)(?: not|n t) exist|not exists?|is(?:n t| not) known|no longer (?:exists?|available)|"
        "not available any ?more|(?:was|were|been|is|got) (?:deleted|removed|purged)|"
        "(?:has |have |is |was |already )?expired|(?:could not|cannot|can t) be found|gone"
    ),
    "not": "could not|cannot|can t|couldn t|unable to|failed to|fail to",
    "invalid": "invalid|unsupported|unknown|illegal|wrong|bad|value for|value of|type for|parameter|field",
    "bad": (
        "must be|should be|has to be|is not|are not|not supported|not allowed|not valid|not available|invalid|"
        "unsupported|out of range|exceeds?|between|expected|maximum|at most|too long|too short"
    ),
    "size": "size|resolution|aspect ratio|dimensions|width|height",
    "length": "seconds|duration|length of the video|video length|clip length",
    "rules": r"polic\w+|guidelines?|terms|rules?|standards?",
    "moderation": (
        "(?:(?:content|prompt|text|image|video|safety|input|output) )?"
        "(?:moderation|moderator|safety|guardrails?|content filter|content policy|filter|audit|inspection)(?: check)?"
    ),
    "service": "services?|systems?|api|backend|server|endpoint|provider|checker|classifier|upstream|host|model",
    "down": (
        "down|unavailable|unreachable|offline|overloaded|crashed|failing|failed|errored|error|broken|timed? ?out|"
        "not (?:available|reachable|responding|working)|(?:could not|cannot|can t) be (?:reached|contacted)|returned|"
        "did not (?:answer|respond)"
    ),
    "work": (
        "reach|call|contact|connect(?: to)?|run|load|perform|complete|query|invoke|calling|contacting|running|reaching|"
        "performing|talking to"
    ),
    "blocked": (
        "blocked|suspended|banned|disabled|deactivated|terminated|restricted|closed|frozen|locked|revoked|barred|"
        "on hold|blacklisted|inactive|not active"
    ),
    "account": (
        "accounts?|organi[sz]ations?|org|workspace|project|team|tenant|api key|your key|this key|subscription|"
        "you (?:are|were|have been)"
    ),
    "other": r"(?:(?!request|prompt|content|image|video|message|generation|output|input)\S+ ){0,3}?",
    "money": "quota|balance|credits?|funds?|points",
    "review": "review|audit|moderation|inspection",
    "model": "models?|deployments?",
    "refused": (
        "not found|(?:does|do|did)(?: not|n t) exist|not exist|not available|unavailable|isn t available|not supported|"
        "unsupported|not allowed|not enabled|not accessible|denied|disabled|deprecated|retired|decommissioned|removed|"
        r"sunset|shut down|is unknown|not offered|no longer \w+|not permitted|not authori[sz]ed|not configured|offline|"
        "(?:price|ratio) (?:is )?not (?:set|found|configured)|price error"
    ),
    **OPEN_GROUPS,
}

_TABLES: dict[Signal, str] = {
    Signal.OPEN: OPEN_PATTERNS,
    Signal.ACCOUNT: r"""
        <account> <other><blocked>|<account> (?:has been|have been|is|was|were) flagged
        <blocked> ~ (?:account|organi[sz]ation|workspace|api key)
        repeated(?:ly)? ~ violat\w+
        access terminated
    """,
    Signal.CONTENT: r"""
        content (?:\w+ )?(?:polic\w+|filter\w*|violation|safety|moderat\w*|restrict\w*|guidelines?|rules?|standards?)
        content (?:\w+ )?(?:blocked|flagged|rejected|risk|security|unsafe|prohibited|refused|disallowed|not allowed)
        content (?:is |was )?(?:not permitted|forbidden|denied)|block reason \w+
        moderat(?:ed|ion|ions|or|ors)
        sentinel block\w*
        (?:prompt|input|output|image|video) (?:\w+ )?(?:blocked|filtered|moderat\w+)
        nsfw|unsafe|not safe for work|flagged|deepfake\w*|impersonat\w+|jailbreak|csam|minors|copyright\w*|trademark\w*
        infring\w+
        (?:usage|use|community|safety|platform|provider s|service|our|brand|creator) <rules>
        safety (?:systems?|filter\w*|check\w*|violation\w*|block\w*|settings?|reasons?|classifier|concern\w*|review)
        safety (?:restriction\w*|requirements?|standards?|measures?)
        (?:blocked|refused|rejected) (?:by|due to|for|because of) (?:\w+ )?safety
        (?:for|due to) safety|^safety$|guard ?rails?|responsible ?ai\w*|rai (?:media|filter\w*|policy)\w*
        (?<!case )sensitive
        inappropriate|sexual\w*|nud(?:e|es|ity)|porn\w*|violent|graphic content|hate(?: speech)?|hateful|harassment
        self harm|harmful|gore|child (?:safety|abuse|sexual\w*)|intellectual property|likeness\w*
        third party (?:content|ip|rights|intellectual property|likeness|material)
        public figures?|celebrit(?:y|ies)|(?:real|identifiable|photorealistic) (?:person|people|individual)s?
        people in user uploads|<review> (?:\w+ )?(?:not passed|rejected)|(?:not|n t) pass (?:\S+ ){0,2}?<review>
        fail\w* (?:\S+ ){0,2}?<review>|(?:content|text|image|prompt|video)? ?audit (?:fail\w*|reject\w*)
        privacy (?:information|violation)|(?:human )?faces? (?:\w+ ){0,2}(?:detected|not allowed|refused|forbidden)
        (?:data )?inspection failed|content exists risk|risk control|policy violation\w*
        violat\w+ (?:\S+ ){0,6}?<rules>
        (?:against|breach\w*|contrary to|not comply with|compliant with|conflicts? with) (?:\S+ ){0,4}?<rules>
        (?:illegal|unlawful|objectionable|offensive|disallowed|prohibited|forbidden|restricted) <content>
        (?:dangerous|disturbing|explicit|adult|abusive|extremist|banned|protected) <content>
        (?:prompt|image|picture|audio|text|input|output|reference) (?:\w+ )?(?:is |was |were )?<unfit>
        (?:ban|banned|block|black|deny|forbidden|blocked) ?(?:list\w*|words?)
        (?<!\d )words? (?:\S+ ){0,3}?(?:not permitted|not allowed|forbidden|prohibited|banned)
        filtered (?:content|out|by)
    """.replace("<content>", "(?:content|material|words?|use|prompt|imagery|images?|terms?|topics?)").replace(
        "<unfit>", "(?:unsafe|not allowed by|blocked by|violates?|violation|prohibited|disallowed|inappropriate)"
    ),
    Signal.CREDIT: r"""
        insufficient (?:\w+ ){0,2}<money>
        <money> (?:(?:is|are|was|has been|have been) )?(?:insufficient|exhausted|used up|too low|not enough|exceeded)
        <money> (?:(?:is|are|was|has been|have been) )?(?:depleted|empty|run out|ran out|low|not sufficient)
        (?:not enough|no more|no remaining|no) (?:\w+ )?<money>(?: left| remaining)?
        (?:not|n t) have (?:\w+ )?(?:enough|sufficient|any) (?:\w+ )?<money>|requires? (?:more|additional) <money>
        (?:run |ran )?out of (?:\w+ )?(?:<money>|money)
        exceeded (?:\w+ )?current quota|user quota|pre consume \w+ quota failed
        billing (?:hard limit|not active|limit|required|disabled|issue|not enabled)(?: reached)?|hard limit reached
        budget (?:has been |is |was )?exceeded|exceed(?:ed|s) ~ budget|spend(?:ing)? (?:limit|cap)
        payment (?:required|method|failed|overdue|needed)|arrears|arrearage|overdue (?:payment|balance|bill)
        top up|recharge|(?:add|buy|purchase) (?:more )?credits?|credits? (?:required|needed)
    """,
    Signal.KEY: r"""
        (?:invalid|incorrect|wrong|missing|expired|revoked|disabled|unknown|no|bad) (?:\w+ )?<secret>
        <secret> (?:(?:is|was|has been|has) )?(?:invalid|incorrect|wrong|missing|expired|revoked|disabled|not valid)
        <secret> (?:(?:is|was) )?(?:not found|unknown)
        unauthori[sz]ed|unauthenticated|authentication (?:failed|error|required|fails)|auth failed
        invalid token|token invalid|login fail\w*
    """.replace(
        "<secret>", "(?:api ?key|access ?key|access token|auth token|credentials?|authorization|authentication)"
    ),
    Signal.MODEL: r"""
        (?:unknown|no such|invalid|unsupported|missing|unavailable|disabled|deprecated|retired) (?:\w+ )?<model>
        (?:unrecogni[sz]ed|nonexistent) (?:\w+ )?<model>
        <model>(?: \S+){0,10}? <refused>
        no (?:\w+ )?channels?(?: available)?
        (?:not have|no|without|has no|lacks?) (?:access|permissions?) (?:to|for) (?:\S+ ){0,3}?<model>
        (?:may|can|must)(?: ?not| t) use (?:\S+ ){0,3}?<model>
        (?:verif\w+|upgraded?|approved|eligible|permission|access) (?:\S+ ){0,4}?(?:use|access) (?:\S+ ){0,2}?<model>
        not (?:allowed|permitted|authori[sz]ed|entitled) (?:\S+ ){0,4}?<model>
        <model> (?:requires|is (?:restricted|gated))
        model access|not a valid model\w*|is not a (?:valid|known|supported) model
        no (?:\w+ )?(?:provider|deployment|endpoint|backend|distributor)s? (?:\w+ )?(?:for|found|available)
    """,
    Signal.RATE: r"""
        rate ?limit\w*|too many (?:\w+ ){0,2}(?:requests?|tasks?|jobs?|videos?|generations?|renders?)
        (?:requests?|tokens?) per (?:\w+ )?(?:minute|second|hour|day|model|project|user)|(?:rpm|tpm|rpd|qps)(?: limit)?
        concurren\w+ (?:\w+ )?(?:limit|requests?|tasks?|jobs?|quota|exceeded)|throttl\w+|slow down
    """,
    Signal.SIZE: r"""
        must match the requested width and height
        <invalid> (?:the )?(?:video )?<size>
        (?:size|resolution|aspect ratio|dimensions|width|height) (?:\S+ ){0,4}?(?:<bad>|must)
        not support (?:\S+ ){0,2}?(?:<size>|\d{3,4} ?x ?\d{3,4})
        supported (?:sizes|resolutions|aspect ratios|dimensions)
        (?:image|file|picture|photo)s? (?:\w+ ){0,2}?too (?:large|big|small)
    """,
    Signal.LENGTH: r"""
        <invalid> (?:the )?(?:video |clip )?<length>
        <length> (?:\S+ ){0,4}?(?:<bad>|not support)
        not support (?:\S+ ){0,2}?<length>|supported (?:durations|lengths|seconds)|only (?:\S+ ){0,4}?clips?
        \d+ seconds? (?:is|are) not|(?:video|clip|duration) (?:is |are )?too (?:long|short)
    """,
    Signal.NOT_FOUND: r"""
        <video> <name><gone>
        <video> (?:is )?unknown
        (?:no such|unknown|nonexistent|find no|found no|not found|invalid|not exist) <video>
        no <video> (?:found|with|exists)
        <not> (?:be )?(?:find|found|locate) (?:\S+ ){0,3}?<video>
        ^not found$|^resource not found|^not exists?$|^404(?: not found)?$
    """,
    Signal.EXPIRED: r"""
        (?:downloads?|videos?|link|file|url|content|asset|task|result|it|job) (?:\S+ ){0,4}?expir(?:ed?|es|y|ation)
        ^expired?$|no longer available|retention (?:period|time|window)
    """,
    Signal.UNSUPPORTED: r"""
        not (?:supported|implemented|allowed)|(?:is |are )?unsupported|(?:do|does)(?: not|n t) support|not impl\w*
        no route|cannot (?:post|get|put)|page not found|invalid url|route (?:post|get|put)
        (?:remix\w*|editing|extending|extension) (?:\S+ ){0,2}?(?:not available|unavailable|disabled|not enabled)
        (?:unknown|no such|invalid) (?:endpoint|route|path|url|api|operation|method)
        (?:endpoint|route|path|url|operation|method|page|handler) (?:\S+ ){0,4}?(?:not found|not exist|unknown)
    """,
    Signal.INPUT: r"""
        invalid (?:\w+ )?(?:type|value|parameters?|request|arguments?|input|prompt|image|format|payload|body|field)\w*
        (?:unknown|unsupported|unrecogni[sz]ed|missing|bad|extra|unexpected) (?:\w+ )?(?:parameters?|fields?|arguments?)
        (?:missing|bad) (?:\w+ )?(?:value|input|request)|missing required \w+|validation ?error\w*|value error
        (?:prompt|input|text) (?:\w+ )?(?:is |was )?(?:too long|too short|empty|required|missing)|unprocessable\w*
    """,
    Signal.INTERNAL: r"""
        (?:internal|server|processing|upstream|service|system|unknown|unexpected) ?(?:error|failure|fault|failed)
        internal|provider (?:error|failure|fault|failed)|unavailable
    """,
    Signal.TROUBLE: r"""
        <moderation> <service> (?:\S+ ){0,4}?<down>
        <moderation> (?:is|was|are|were|has|temporarily|currently) (?:\S+ ){0,2}?<down>
        (?:<not>|error|problem|trouble|failure) (?:to |while |when |with )?<work> (?:(?:the|our|a|your) )?<moderation>
        <moderation> (?:request |call )?(?:timed out|time ?out|unavailable|unreachable|internal error|server error)
    """,
    Signal.TEMPORARY: r"""
        temporar\w+|currently(?! disabled)|overload\w*|try again|retry|busy|capacity|later|at the moment|right now
        under maintenance|heavy load|high demand
    """,
}

# Words of languages without spaces between words.
_WITHOUT_SPACES: dict[Signal, str] = {
    Signal.OPEN: OPEN_WITHOUT_SPACES,
    Signal.ACCOUNT: "账号已被|账户已被|账号被封|账户被封|封禁",
    Signal.CONTENT: "敏感|违规|審核|审核|不合规|违法|色情|涉黄|内容安全|风控|侵权|版权",
    Signal.CREDIT: "余额不足|额度不足|餘額不足|欠费|请充值|配额不足",
    Signal.KEY: "无效的令牌|密钥无效|令牌无效",
    Signal.MODEL: "无可用渠道|倍率或价格未|模型不存在|无权访问.{0,20}模型|模型未开通|不支持的模型",
    Signal.RATE: "请求过于频繁|频率|限流|并发",
    Signal.SIZE: "分辨率|尺寸|宽高比",
    Signal.LENGTH: "时长",
    Signal.NOT_FOUND: "不存在|未找到|找不到",
    Signal.EXPIRED: "过期",
    Signal.UNSUPPORTED: "不支持",
}


def _compiled(table: str, without_spaces: str | None) -> re.Pattern[str]:
    """One pattern of a table: `<name>` is a group of `_GROUPS`, ` ~ ` up to four words in between."""
    lines = [line.strip() for line in table.splitlines() if line.strip()]
    whole = "|".join(rf"\b(?:{line})\b" for line in lines).replace(" ~ ", r"(?: \S+){0,4}? ")
    whole = re.sub(r"<(\w+)>", lambda match: f"(?:{_GROUPS[match[1]]})", whole)
    return re.compile(f"{whole}|{without_spaces}" if without_spaces else whole)


_PATTERNS = {signal: _compiled(table, _WITHOUT_SPACES.get(signal)) for signal, table in _TABLES.items()}
