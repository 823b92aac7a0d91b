"""insights-uploader: the results of a CI step, on the pull request they belong to."""

__version__ = "0.1.0"
