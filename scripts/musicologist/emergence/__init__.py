"""Stage: probes are applied level by level; what the curves say."""
