"""What happens next: takes requests in and carries each job from accepted to its last message.

`requests` stands above `pipeline` and `delivery`, which don't import each other; what all of them use lies beside them
(docs/decisions/0019-wings-of-the-engine.md).
"""
