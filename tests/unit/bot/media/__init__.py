"""Tests of the bytes from outside; a package so that its file names are its own."""
