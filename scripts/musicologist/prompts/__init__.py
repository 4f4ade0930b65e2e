"""Stage: prompts are written and annotated."""
