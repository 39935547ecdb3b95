"""The engine: accepts requests and moves each job from accepted to its last message.

`requests` is above `pipeline` and `delivery`, which don't import each other; shared modules are beside them
(docs/decisions/0019-wings-of-the-engine.md).
"""
