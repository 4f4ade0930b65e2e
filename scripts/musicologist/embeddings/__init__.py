"""Stage: embeddings of clips and notes are collected and read."""
