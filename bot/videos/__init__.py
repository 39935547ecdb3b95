"""The provider's edge: all that knows how the Videos API speaks. It must not know Discord, jobs' lives or storage.

`client` talks, `law` says what an answer means for money, `wire` and `envelopes` read bodies, `bodies` writes them,
`catalogue` holds what is offered, `spending` is the hard stop before paid requests, `faults` is all that can go wrong.
The facts behind it are in docs/facts/provider.md.
"""
