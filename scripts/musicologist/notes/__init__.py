"""Stage: single notes are rendered or read, and packed."""
