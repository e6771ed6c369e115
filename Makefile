# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needs Python 3.11 or newer, Git, Make and (for the fast engine) a C++ compiler.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test docs install clean native-check fuzz

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt $(wildcard CMakeLists.txt native/* native/kernels/*)
	@test -n "$(PYTHON)" || { echo "Glassnet needs Python 3.11 or newer; none was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "Installing into $(VENV) (about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

demo: install
	@$(BIN)/glassnet train --example breast_cancer

test: install
	@./check

# The site of the documentation, with the Python reference, into build/docs. It reads the source without importing
# it, so its tools live in an environment of their own.
docs: build/docs-tools/installed
	@NO_MKDOCS_2_WARNING=1 build/docs-tools/bin/mkdocs build --quiet --strict
	@echo "build/docs/index.html"

build/docs-tools/installed: pyproject.toml
	@test -x build/docs-tools/bin/python || $(PYTHON) -m venv build/docs-tools
	@build/docs-tools/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' > build/docs-tools/wanted.txt
	@build/docs-tools/bin/python -m pip install --quiet --disable-pip-version-check --requirement build/docs-tools/wanted.txt
	@touch $@

# The fused engine's tests under the address and undefined-behaviour sanitizers (some minutes).
# The editable install finds its own build before PYTHONPATH: its finder is taken away, and what is imported is looked at.
define CHECKED
import sys
sys.meta_path[:] = [one for one in sys.meta_path if "Redirecting" not in type(one).__name__]
import glassnet.engine._fused as found
assert "build/checked-source" in found.__file__, found.__file__
import pytest
sys.exit(pytest.main(sys.argv[1:]))
endef
export CHECKED
native-check: install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check nanobind
	@cmake -S . -B build/checked -DCMAKE_BUILD_TYPE=RelWithDebInfo -DGLASSNET_CHECKED=ON \
		-Dnanobind_DIR=$$($(BIN)/python -m nanobind --cmake_dir) -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	@cmake --build build/checked -j2
	@rm -rf build/checked-source && mkdir -p build/checked-source && cp -r src/glassnet build/checked-source/ \
		&& cp build/checked/_fused*.so build/checked-source/glassnet/engine/
	@PYTHONPATH=build/checked-source ASAN_OPTIONS=detect_leaks=0 OMP_NUM_THREADS=1 \
		LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so) $$(gcc -print-file-name=libstdc++.so)" \
		$(BIN)/python -c "$$CHECKED" tests/engine/test_fused.py tests/engine/test_teams.py tests/engine/test_neuron.py \
		tests/engine/test_inputs.py tests/engine/test_outputs.py tests/engine/test_losses.py tests/engine/test_orders.py \
		tests/engine/test_scaling.py tests/engine/test_factors.py

# Each fuzzing harness for some seconds under atheris; what raises is kept in build/fuzz. Not part of the tests.
SECONDS ?= 300
fuzz: install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris
	@mkdir -p build/fuzz
	@for name in csv expression model_file load; do \
		echo "$$name for $(SECONDS) seconds ..."; \
		OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/harness.py $$name -max_total_time=$(SECONDS) -max_len=2000 \
			-artifact_prefix=build/fuzz/$$name- build/fuzz/$$name 2> build/fuzz/$$name.log \
			|| { tail -40 build/fuzz/$$name.log; exit 1; }; \
		grep '^Done' build/fuzz/$$name.log; done

clean:
	rm -rf $(VENV) build dist
