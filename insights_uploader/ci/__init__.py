"""Floor 2: which CI is this, and what do its variables say of the build?"""
