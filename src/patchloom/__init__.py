"""Patchloom."""
