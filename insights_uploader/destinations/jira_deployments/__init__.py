"""Deployments on Jira Software Cloud: what was brought where, and whether it may be."""
