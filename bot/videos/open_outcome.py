"""Words that leave open if the upstream took a request: a second paid request may then be charged twice.

They are those of clients and servers in Go, Python, Node, Rust and Java, of nginx and Envoy, and of gateways that lost
the upstream's response (docs/facts/provider.md, "Responses"). As patterns of `bot.videos.vocabulary`.
"""

OPEN_GROUPS = {
    "line": "conn|connection|socket|stream|peer|transport|tunnel|pipe",
    "broke": (
        "reset|aborted|broken|broke|dropped|closed|lost|terminated|interrupted|hung up|torn down|shut ?down|cut|died|"
        "severed|failure|failed|error"
    ),
    "answer": "response|reply|answer",
    "unread": (
        "empty|blank|missing|invalid|unexpected|malformed|unreadable|unpars\\w+|incomplete|partial|truncated|garbled|"
        "corrupt(?:ed)?|broken|undecodable|unrecogni[sz]ed|unusable|cut|lost|no json|not json"
    ),
    "failed": "fail(?:ed|ure|s)?|errors?|unable|could not|couldn t|cannot|can t|problem|trouble|while|when",
    "reading": (
        "pars|decod|read|unmarshal|deseriali[sz]|understand|convert|process|handl|receiv|interpret|wait|fetch|get|await"
    ),
    "storing": "sav|stor|insert|persist|record|writ|updat|commit|not(?:e|ing) down",
    "row": "task|job|video|record|row|database|db|result|order|entry|log|cache|state|id|transaction",
    "id": "ids?|identifiers?|handle",
    "store": r"database|db|sqlite|mysql|maria ?db|postgres\w*|redis|mongo\w*|sql|gorm|prisma|etcd",
}

OPEN_PATTERNS = r"""
    time ?outs?|timed ?out|timing out|\w*timed? ?out\w*|deadline|too slow
    (?:took|takes|taking|waited|waiting) (?:\S+ ){0,3}?too long
    too long to (?:<answer>|respond|answer|complete)
    (?:time|wait) limit|(?:time|wait|waiting time) ~ (?:exceeded|elapsed|ran out)
    max(?:imum)? wait\w*|gave up (?:waiting|on)|no longer waiting|request (?:\w+ )?stalled
    eof|\w*eof ?error|<line>(?: \S+){0,6}? <broke>|(?:reset|closed|dropped|lost|aborted|broken?) ~ <line>
    (?:reset|closed|hung up|disconnected|terminated|aborted|dropped) by (?:\w+ )?(?:peer|remote|upstream|server|host)
    by (?:peer|remote host|the other side)|other side closed|peer closed|remote end closed
    e?conn ?reset|e?conn ?aborted|econn\w+|epipe|broken ?pipe\w*|hang ?up|hung up|\w*disconnect\w*|premature\w*|goaway
    (?:end(?:ed|s)?|stopped|closed) unexpectedly|unexpectedly (?:ended|closed|stopped|terminated)|outstanding read data
    max(?:imum)? retries|retries exhausted|gone away|went (?:away|silent)|stalled|lost contact|contact (?:\w+ )?lost
    worker ?lost\w*|(?:worker|process) (?:\w+ ){0,2}(?:died|killed|was lost|got lost|vanished)
    rst ?stream|(?:refused|protocol|stream) ?(?:stream|error)|stream id \d+|internal error received from peer
    incomplete ?(?:read|message|body|chunked)|(?:read|write|network|socket|connection|transport) ?error|err network
    fetch failed|failed to fetch|und err \S+|client ?disconnect\w*|connection ?(?:reset|aborted|broken|closed)\w*
    (?:request|context|operation|call|stream) (?:was |has been |got )?(?:cancell?ed|aborted|interrupted)|interrupted
    errno (?:32|54|60|104|110|10054|10060)|\w*payload ?error|payload is not complete\w*|not enough data
    client ?os ?error|transfer ?encoding ?error
    <line> (?:is |was )?closing
    ssl (?:eof|error)|unexpected (?:end|close|disconnect\w*|termination|eof)
    (?:network|link|line) (?:\w+ )?(?:failure|lost)
    no (?:\w+ )?<answer>|(?:did|does|is|are|was)(?: not|n t) (?:\w+ )?(?:respond\w*|answer\w*|reply\w*)
    (?:not|never|stopped) (?:\w+ )?(?:responding|answering|replying|responded|answered|replied)
    <unread> (?:\S+ ){0,3}?<answer>|<answer> (?:\S+ ){0,4}?<unread>
    <answer> (?:\S+ ){0,3}?not (?:be )?(?:valid|readable|read|parsed|decoded|understood|json|complete)
    <failed> (?:\S+ ){0,4}?(?:<reading>)\w* (?:\S+ ){0,3}?(?:<answer>|upstream)
    (?:<reading>)\w* (?:\w+ )?(?:<answer>|upstream)(?: body)? (?:fail\w*|error)
    (?:unmarshal|decode|parse|copy|close|read)\w* (?:\w+ )?(?:<answer>|body|json) (?:\w+ )?(?:fail\w*|error)
    bad <answer>(?! status)|bad upstream|invalid upstream|upstream ~ (?:no json|not json|invalid json|html|garbage)
    invalid character(?! in (?:(?:the|your) )?(?:prompt|text|input|field|parameter|name)\b)
    unexpected token|unexpected end of json|json ?(?:decode|parse) ?error|expecting value
    cannot unmarshal|unmarshal (?:fail\w*|error)|(?:is|was|are) no json|is not (?:valid )?json
    (?:returned|sent|got|received) (?:an? )?(?:html|invalid json|garbage|nothing)
    <answer> ~ (?:no|without|missing|lacks|lacked|lacking|not contain|not include|contains? no|empty|null) ~ <id>
    (?:upstream|result|provider|body) ~ (?:no|without|missing|lacks|lacked|not contain|not include|empty|null) ~ <id>
    (?:no|without|missing|lacks|lacked|empty|null) (?:\w+ )?<id> ~ (?:<answer>|upstream|returned|received|body)
    missing field id|reading id|properties of (?:undefined|null)|key ?error (?:\w+ )?id|none ?type|no attribute \w+
    <id> (?:is |was |were )?(?:not|never) (?:returned|received|sent back)
    no (?:video|task|job) (?:object|data|field)|returned no (?:video|task|job)
    <id> (?:is|was|are|were) (?:missing|empty|null|absent|undefined) (?:\S+ ){0,3}?(?:<answer>|upstream)
    (?:no|without an?|missing|empty|null) (?:video|task|job|upstream|generation|operation) <id>
    (?:has|had|have|with|returned|contains?|got|gave|sent|received) (?:no|an empty|a missing|a null) (?:\w+ )?<id>
    (?:task|video|job|operation|generation) <id> (?:is |was )?(?:empty|missing|null|blank|absent|not (?:returned|set))
    <failed> (?:to )?(?:get|find|extract|read|obtain) (?:\S+ ){0,3}?(?:task|video|job|operation) <id>
    <failed> (?:\S+ ){0,3}?(?:<storing>)\w* (?:\S+ ){0,4}?<row>
    (?:insert|save|store|update|persist|record|commit) (?:\w+ )?(?:<row>|data) (?:fail\w*|error)
    (?:sav|stor|persist|insert|record|writ|commit|bookkeep)\w* (?:\S+ ){0,2}?(?:fail\w*|impossible|not possible)
    (?:commit|rollback|transaction) (?:\w+ )?fail\w*|rolled back
    <row> (?:insert|save|store|update|persist|commit)\w* (?:fail\w*|error)
    <failed> (?:to )?(?:save|store|record|persist) (?:it|them|this|that)
    <row> (?:\S+ ){0,3}?(?:could not|cannot|can t|not|n t) (?:be )?(?:saved|stored|inserted|persisted|recorded|written)
    <store>(?: \S+){0,3} (?:locked|error|fail\w*|exception|unavailable|down|deadlock\w*|full|gone|busy|closed|refused)
    <store> ?error|operational ?error|integrity ?error|deadlock\w*|duplicate entry|disk (?:is )?full|no space left
    (?:do|send|make|perform|execute) request (?:failed|error)
    fail(?:ed)? to (?:do|send|complete|forward|relay) (?:the )?request
    relay (?:failed|error)|proxy ?error|error proxying|bad gateway|gateway (?:time ?out|error)|upstream connect error
    (?:error|status|http|code)(?: code| status)? (?:408|499|502|504|52\d)
    (?:408|499|502|504|52\d) (?:error|status|bad|gateway|from|web server)
    (?:upstream|origin|gateway|provider) (?:\w+ ){0,3}(?:408|499|502|504|52\d)|unexpected content type
    (?:could|can)(?: ?not|n t) (?:be )?(?:confirm\w*|tell|determin\w*|verif\w*) (?:\S+ ){0,2}?(?:if|whether|that)
    unconfirmed
    (?:may|might|could) (?:still |already |also )?(?:have been|be|have) (?:\w+ )?<taken>
    duplicate (?:request|submission|call|task|job)
    (?<!other )(?<!another )(?<!previous )(?:request|prompt) (?:(?:was|is|has) )?already (?:been |being )?<taken>
    already (?:processing|handling|working on|running) (?:this|that|the same|your)
    (?:request|task|job) (?:was|is|has been) (?:accepted|submitted|queued|enqueued|charged|billed)
    (?:outcome|request status|request state) (?:\S+ ){0,3}?(?:unknown|unclear|uncertain|undetermined)|unknown outcome
""".replace(
    "<taken>",
    "(?:accepted|processed|submitted|created|started|taken|charged|received|running|billed|queued|in progress)",
)

OPEN_WITHOUT_SPACES = (
    "超时|超時|连接重置|连接断开|连接被关闭|连接已关闭|连接中断|连接失败|解析响应|解析返回|响应解析|解析失败|响应为空|返回为空|"
    "空响应|无响应|写入失败|保存失败|插入失败|网关错误"
)
