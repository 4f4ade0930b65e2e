"""Side: training of the bundled models."""
