"""Stage: classifiers learn concepts from notes."""
