"""Bytes that come from outside: pictures that people attach and videos that the provider made, each proven before kept.

This room must not know jobs' states, the Videos API or Discord's messages; it gets URLs, sizes and folders.
"""
