# make demo: the whole experiment on this machine; make quick: a taste of it.   make test: lint, unit tests and a workflow run on small data.
# make test-slurm: the arrays on a real Slurm on this machine.   make resume: after a crash on a cluster.
# The first of these that can make a virtual environment; or name one: make demo PYTHON=/opt/python3.12/bin/python3
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3; do "$$one" -c "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null && echo $$one && break; done)
# Where there is no NVIDIA driver: an index of CPU builds of torch, as PyTorch has one. make demo CPU_INDEX=https://…/whl/cpu
CPU_INDEX ?=
VARIANT ?= cuda13
CORES ?= $(shell env -u OMP_NUM_THREADS nproc)
VENV := .venv
BIN := $(VENV)/bin
PLUGIN := profiles/slurm/plugin
export OMP_NUM_THREADS := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo quick test lint unit-test workflow-test test-browser test-slurm test-environments environments site resume stale adopt check-models check-statistics bundle-models docs unlock clean

demo: $(VENV)/.installed
	snakemake --cores $(CORES)
	@echo
	@echo "Look at:"
	@ls results/demo/atlas.png results/demo/distances.png
	@ls results/demo/concepts/is_vocal/emergence.png results/demo/concepts/is_vocal/pca.gif
	@echo "and at the same two pictures of every other concept in results/demo/concepts/."
	@echo "Listen: open in a browser"
	@ls $(CURDIR)/results/demo/listen/index.html

# The same at about a fifth of the cost: three concepts, few prompts.
quick: $(VENV)/.installed
	snakemake --cores $(CORES) --configfile config/quick.yaml
	@echo
	@echo "Look at results/quick/atlas.png, and listen: open in a browser"
	@ls $(CURDIR)/results/quick/listen/index.html

test: lint unit-test workflow-test

lint: $(VENV)/.installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint
	mypy
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yaml
	python docs/document_config.py --check
	python docs/document_tables.py --check

unit-test: $(VENV)/.installed
	python -m pytest tests/unit -n $(CORES)

workflow-test: $(VENV)/.installed
	python -m pytest tests/workflow -n $(CORES) --dist loadfile

# The listening page in Debian's Chromium, and in its Firefox: needs both installed (apt-get install chromium firefox-esr), and npm for
# axe-core and a driver of Firefox. What is missing is skipped with the reason.
test-browser: $(VENV)/.installed
	npm ci --silent --ignore-scripts --prefix tests/browser || echo "no npm: accessibility and Firefox are not tested"
	python -m pytest tests/browser -n $(CORES) --dist loadfile

# Debian and root only: installs Slurm, starts one on this machine and stops it; elsewhere every test says why it is skipped.
test-slurm: $(VENV)/.installed
	python tests/slurm/cluster.py install
	python -m pytest tests/slurm -m "not alone" -n 3 --dist loadfile --no-loadscope-reorder
	python -m pytest tests/slurm -m alone

# Downloads some 6 GB: makes the environments of envs/, both variants, and runs a small run's rules in them.
test-environments: $(VENV)/.installed
	python -m pytest tests/environments

# Where conda is missing or not wanted: the environments of envs/ as plain ones in .environments/, which rules then run in.
environments: $(VENV)/.installed
	python envs/make_environments.py --variant $(VARIANT)

# make site SITE=typed_gres: puts the block of profiles/slurm/sites/typed_gres.yaml into the Slurm profile.
site: $(VENV)/.installed
	python profiles/slurm/sites/choose.py $(SITE)

# Waits for the Slurm jobs that a dead Snakemake left behind, keeps what they finish, and goes on.
resume: $(VENV)/.installed
	python -m snakemake_executor_plugin_safe_slurm
	snakemake --unlock --profile slurm
	snakemake --profile slurm

# After an upgrade (docs/UPGRADING.md); ARGUMENTS are those of snakemake, for example ARGUMENTS="--profile slurm".
ARGUMENTS ?= --cores $(CORES)
stale: $(VENV)/.installed
	python scripts/stale.py $(ARGUMENTS)

adopt: $(VENV)/.installed
	python scripts/adopt.py -- $(ARGUMENTS)

bundle-models: $(VENV)/.installed
	for model in clap diffusion; do cp $$(ls -d results/demo/models/$${model}_* | tail -1)/* resources/models/$$model/; done

docs: $(VENV)/.installed
	python docs/document_config.py
	python docs/document_tables.py

unlock: $(VENV)/.installed
	snakemake --unlock

clean:
	chmod -R u+w results/demo 2>/dev/null || true
	rm -rf results/demo logs/demo

# Says before it starts what it takes. What a cut left is begun anew, of what pip has downloaded already.
$(VENV)/.installed: requirements.txt requirements-nodeps.txt constraints.txt $(wildcard $(PLUGIN)/*.toml $(PLUGIN)/*/*.py)
	@CPU_INDEX="$(CPU_INDEX)" sh envs/install.sh "$(PYTHON)" $(VENV)
	touch $@

check-models: $(VENV)/.installed
	python benchmarks/check_models.py

check-statistics: $(VENV)/.installed
	python benchmarks/check_statistics.py
