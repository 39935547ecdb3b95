"""What holds for all tests: hypothesis judges behaviour, never milliseconds, and prints how to repeat what it found."""

from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")
