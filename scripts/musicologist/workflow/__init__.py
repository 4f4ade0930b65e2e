"""Side: what a configuration makes, and what made a product."""
