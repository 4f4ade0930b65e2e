"""Stage: pictures."""
