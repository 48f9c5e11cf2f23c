"""Whole training jobs, one recipe a file."""
