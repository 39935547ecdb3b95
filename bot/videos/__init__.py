"""The provider's edge: the client of the Videos API.

`client` sends the requests of a dialect (`dialects`, with `request_bodies` for writing, `results` and `json_values` for
reading). `submit_responses` and `poll_responses` classify responses, `error_bodies` reads errors, `spending` is the
hard stop before paid requests, `provider_faults` has all faults. The facts behind it are in docs/facts/provider.md.
"""
