"""Bytes from outside: pictures that people attach and videos that the provider made, each proven before it is kept."""
