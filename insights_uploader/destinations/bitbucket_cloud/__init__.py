"""Code Insights, pull requests and logins of Bitbucket Cloud."""
