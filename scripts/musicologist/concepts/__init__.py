"""Stage: concepts: which notes have one, which prompts ask for one."""
