"""Floor 3, pure: which findings a reviewer gets to see, and what became of the others."""
