"""Builds on Jira Software Cloud."""
