# `make demo` to try it, `make test` to test it; everything is set up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo run check-config test prometheus3 lint bench docs dashboards lock dist sbom chart clean
.DELETE_ON_ERROR:

demo: $(VENV)/.run
	$(BIN)/wxa-exporter demo

check-config: $(VENV)/.run
	$(BIN)/wxa-exporter check-config --config.file=config.yaml

run: $(VENV)/.run
	$(BIN)/wxa-exporter serve --config.file=config.yaml

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest

# Before a release: what speaks with Prometheus, against a 3.x that Go builds. See docs/release.md.
prometheus3: $(VENV)/.dev
	$(BIN)/python -m tests.prometheus3

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# What is generated and committed: the list of metrics, the dashboards.
docs: $(VENV)/.run
	$(BIN)/wxa-exporter metrics > docs/metrics.md

dashboards: $(VENV)/.dev
	$(BIN)/python -m grafana.source

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { \
	  echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@

# sdist and wheel, in dist/.
dist: $(VENV)/.dev
	$(BIN)/python -m build --quiet --outdir dist .

# The chart with the rules and dashboards in it: symbolic links would not survive packaging.
CHART ?= build/helm/wxa-exporter
chart:
	rm -rf $(CHART) && mkdir -p $(dir $(CHART))
	cp -R deploy/helm/wxa-exporter $(CHART)
	mkdir -p $(CHART)/files/dashboards
	cp prometheus/wxa.rules.yml prometheus/wxa.alerts.yml $(CHART)/files
	cp -R grafana/dashboards/en grafana/dashboards/zh $(CHART)/files/dashboards

# What is in the image beside its base, as CycloneDX: the pinned packages, installed anew.
SBOM ?= dist/wxa-exporter.cdx.json
sbom: $(VENV)/.dev
	rm -rf build/sbom && mkdir -p $(dir $(SBOM))
	$(BIN)/python -m venv --without-pip build/sbom
	$(BIN)/python -m pip --python build/sbom install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip --python build/sbom uninstall --quiet --yes setuptools
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file $(SBOM) build/sbom/bin/python

# Pins with hashes and no addresses, for every Python from 3.11 on; needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build --extra postgresql --extra encryption -o requirements.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build --extra postgresql --extra encryption --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
