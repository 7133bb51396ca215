# Everything a person types here. `make` alone prints what there is.
# Data of the build goes under build/; build/bin/flowstone and build/venv/bin/python are the stable addresses.

PRESET ?= release
PYTHON := /usr/bin/python3
VENV := build/venv/bin/python
TOOLS := build/tools/bin/python
BACKENDS := build/backends/complete
JOBS := $(shell nproc)

.PHONY: help setup build demo test unit functional bench sanitize lint format clean

help:
	@echo "make demo     build, then run the example flow twice and look at what it left"
	@echo "make test     build, then run every test"
	@echo "make build    build/bin/flowstone and build/venv/bin/python"
	@echo "make sanitize tests with ASan and UBSan, then with TSan"
	@echo "make lint     format, clang-tidy, layers, sizes, ruff, mypy"
	@echo "make format   rewrite sources as the format gates want them"
	@echo "make bench    a table of timings beside Metaflow's and uv's"
	@echo "make clean    remove build/"

setup:
	@tools/install_packages.sh

build: setup $(VENV)
	@test -f build/$(PRESET)/build.ninja || cmake --preset $(PRESET) >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset $(PRESET) -j $(JOBS) -- --quiet
	@mkdir -p build/bin && ln -sfn ../$(PRESET)/bin/flowstone build/bin/flowstone

$(VENV): tools/make_venv.sh
	@tools/make_venv.sh $(PYTHON) build/venv

$(TOOLS): tools/requirements.txt
	@$(PYTHON) -m venv build/tools && build/tools/bin/pip install --quiet --disable-pip-version-check -r tools/requirements.txt && touch $@

demo: build
	@tools/demo.sh

# Without them, the tests that build with real backends are skipped.
$(BACKENDS): tools/backends.txt $(TOOLS)
	@$(TOOLS) -m pip download --quiet --disable-pip-version-check --only-binary :all: -d build/backends -r tools/backends.txt && touch $@ || echo "no wheels of build backends could be fetched" >&2

test: build $(TOOLS) $(BACKENDS)
	@tools/run_tests.sh

bench: build $(TOOLS)
	@$(TOOLS) bench/macro/run.py
	@$(TOOLS) bench/resolve/run.py --record
	@$(TOOLS) bench/install/run.py --rounds 5 --python $(PYTHON) --tools composed,hardlink,uv-hardlink,uv-venv-hardlink

sanitize: setup $(VENV) $(TOOLS) $(BACKENDS)
	@tools/sanitize.sh asan
	@tools/sanitize.sh tsan

lint: setup $(TOOLS)
	@test -f build/$(PRESET)/build.ninja || { mkdir -p build && cmake --preset $(PRESET) >build/configure.log; }
	@tools/lint.sh build/$(PRESET)

format: $(TOOLS)
	@clang-format-16 -i $$(git ls-files '*.h' '*.cc')
	@build/tools/bin/ruff format --quiet . && build/tools/bin/ruff check --quiet --fix .

clean:
	rm -rf build
