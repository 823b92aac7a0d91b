"""Required builds of Bitbucket Data Center: which builds a pull request's target asks for."""
