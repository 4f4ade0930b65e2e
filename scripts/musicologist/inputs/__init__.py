"""Side: what a user has already, in this workflow's formats or the original study's."""
