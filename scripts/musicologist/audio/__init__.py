"""Stage: audio is generated along the denoising trajectory, and measured."""
