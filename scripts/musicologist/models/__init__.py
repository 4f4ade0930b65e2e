"""Ground: loading models: repairs of packages, devices, weights, the Hugging Face hub."""
