# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needs Python 3.11 or newer, Git, Make and (for the fast engine) a C++ compiler.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test install clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt $(wildcard CMakeLists.txt native/*)
	@test -n "$(PYTHON)" || { echo "Glassnet needs Python 3.11 or newer; none was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "Installing into $(VENV) (about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

demo: install
	@$(BIN)/glassnet train --example breast_cancer

test: install
	@./check

clean:
	rm -rf $(VENV) build dist
