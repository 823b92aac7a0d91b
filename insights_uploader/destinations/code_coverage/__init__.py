"""The Code Coverage app for Bitbucket Data Center: which lines of a commit were run."""
