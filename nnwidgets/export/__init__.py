"""Runs as files that need no kernel."""
