# Without what it declares: only its weights are read (models.embedders: musicnn); its code would want an old TensorFlow.
python -m pip install --quiet --no-deps musicnn==0.1.0
# A login node has no GPU, so nothing else would notice a torch without CUDA before a job runs.
python -c "import sys, torch; sys.exit(None if torch.version.cuda else 'torch in this environment is no CUDA build: take it from PyPI for Linux.')"
