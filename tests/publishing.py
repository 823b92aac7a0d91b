"""What tests that publish hand around."""

from collections.abc import Callable

from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.plan.plan import Plan

MakePlan = Callable[..., Plan]
"""Takes results files, and settings of the request by keyword."""

Connect = Callable[..., CodeInsights]
"""Takes a plan, and `token` by keyword."""
