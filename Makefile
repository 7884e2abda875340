# Two commands: `make run` does the main job, `make test` runs the tests. Each sets up the environment first, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL ?= models/partnership-frames
READY := $(VENV)/.ready

.PHONY: run test check clean

run: $(READY)
	@test -f $(MODEL)/framecls.json || $(BIN)/python scripts/train.py --config configs/quick.toml --output $(MODEL) --overwrite
	$(BIN)/python scripts/evaluate.py --model $(MODEL)
	$(BIN)/python scripts/label.py examples --model $(MODEL) --output out/labels.parquet
	$(BIN)/framecls report out/labels.parquet --codebook $(MODEL)/codebook.toml --output out/report.html
	@echo "Open $(CURDIR)/out/report.html in a browser."

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	scripts/check

$(READY): pyproject.toml constraints.txt scripts/setup.sh
	PYTHON=$(PYTHON) scripts/setup.sh $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) out dist .mypy_cache .pytest_cache .ruff_cache
