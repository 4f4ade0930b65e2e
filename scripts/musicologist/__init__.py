"""Musicologist: when does a concept emerge while a diffusion model turns noise into music?

One module per noun. The modules know nothing of Snakemake and hold no paths of the workflow.
"""
