"""Jira Software Cloud: what its three APIs of builds, deployments and development share."""
