"""The provider's edge: the client of the Videos API.

`client` sends requests, `submit_responses` and `poll_responses` classify responses, `wire` and `error_bodies` read
bodies, `request_bodies` writes them, `catalogue` holds the offered choices, `spending` is the hard stop before paid
requests, `provider_faults` has all faults. The facts behind it are in docs/facts/provider.md.
"""
