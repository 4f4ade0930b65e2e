# make demo: the whole experiment on this machine.   make test: lint, unit tests and a workflow run on small data.
PYTHON ?= python3.11
CORES ?= $(shell nproc)
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test lint unit-test workflow-test check-models bundle-models docs unlock clean

demo: $(VENV)/.installed
	snakemake --cores $(CORES)
	@echo
	@echo "Look at:"
	@ls results/demo/atlas.png results/demo/distances.png
	@ls results/demo/concepts/is_vocal/emergence.png results/demo/concepts/is_vocal/pca.gif
	@echo "and at the same two pictures of every other concept in results/demo/concepts/."

test: lint unit-test workflow-test

lint: $(VENV)/.installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint
	python scripts/document_config.py --check

unit-test: $(VENV)/.installed
	python -m pytest tests/unit -n $(CORES)

workflow-test: $(VENV)/.installed
	python -m pytest tests/workflow -n $(CORES) --dist loadfile

bundle-models: $(VENV)/.installed
	cp results/demo/models/clap/* resources/models/clap/
	cp results/demo/models/diffusion/* resources/models/diffusion/

docs: $(VENV)/.installed
	python scripts/document_config.py

unlock: $(VENV)/.installed
	snakemake --unlock

clean:
	chmod -R u+w results/demo 2>/dev/null || true
	rm -rf results/demo logs/demo

$(VENV)/.installed: requirements.txt requirements-nodeps.txt constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt --constraint constraints.txt
	$(BIN)/pip install --quiet --no-deps --requirement requirements-nodeps.txt
	touch $@

check-models: $(VENV)/.installed
	python benchmarks/check_models.py
