"""Tests of the provider's edge; a package so that its file names are its own."""
