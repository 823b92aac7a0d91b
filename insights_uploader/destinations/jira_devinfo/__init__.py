"""Development information of Jira Software Cloud: commits, branches and pull requests of issues."""
