# Two commands do everything: `make run` and `make test`. Neither needs the other first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

# Which build of torch is right depends on the machine, so it is locked apart from the hashed rest. To take it from another
# index (the CPU build, where the default index gives the CUDA one): make run TORCH_ARGS="--index-url …".
TORCH_ARGS ?=

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Samspil needs Python 3.11 or newer. Name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: locks/torch.txt locks/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Samspil into $(VENV) (once; about a minute with a warm cache) …"
	@$(PIP) install --no-deps $(TORCH_ARGS) -r locks/torch.txt
	@$(PIP) install --no-deps --require-hashes -r locks/run.txt
	@$(BIN)/python -c "import torch" 2>/dev/null || { echo "This build of torch is the one for CUDA: its libraries come too, 4 GB. For the CPU build: make run TORCH_ARGS=\"--index-url …\""; \
	  $(PIP) install -r locks/torch.txt; }
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.run
	@echo "Installing the tools of the tests …"
	@$(PIP) install --no-deps --require-hashes -r locks/dev.txt
	@touch $@

setup: $(VENV)/.dev ## Install everything for development into .venv

run: $(VENV)/.run ## Start everything, load the sample data, show what happens, stay up
	@$(BIN)/samspil up --sample

demo: $(VENV)/.run ## The same without staying; exit 0 only if every need is accounted for
	@$(BIN)/samspil demo

lint: $(VENV)/.dev ## ruff, format, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: lint ## Lint, then every test
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(PYTEST_ARGS)

quality: $(VENV)/.run ## Measure the matches on sets with known answers: make quality DATA=folder-of-sets OUT=file.json
	@$(BIN)/python -m bench.quality $(if $(DATA),--data "$(DATA)") $(if $(OUT),--out "$(OUT)") $(QUALITY_ARGS)

suggest: $(VENV)/.run ## Measure the suggested CPV codes on notices whose code is known: make suggest OUT=file.json
	@$(BIN)/python -m bench.suggest $(if $(OUT),--out "$(OUT)")

languages: $(VENV)/.run ## Measure how well the language of a short text is told: make languages OUT=file.json
	@$(BIN)/python -m bench.languages $(if $(OUT),--out "$(OUT)")

innovation: $(VENV)/.run ## Measure the inferred likelihood of innovation on notices that were read: make innovation OUT=file.json
	@$(BIN)/python -m bench.innovation $(if $(OUT),--out "$(OUT)")

scorer: $(VENV)/.run ## Fit the scorer of matching again, for the vectors of the settings
	@$(BIN)/python -m scripts.train_scorer $(SCORER_ARGS)

schemas: $(VENV)/.run ## Write the JSON Schemas and the AsyncAPI document again
	@$(BIN)/python -m samspil_schemas.generate

lock: $(VENV)/.dev ## Resolve every dependency again, for every platform
	@bash scripts/lock.sh

clean: ## Remove the environment and the local data
	@rm -rf $(VENV) .samspil

.PHONY: help setup run demo lint test quality languages innovation scorer suggest schemas lock clean
