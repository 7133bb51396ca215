#!/bin/sh
# lint.sh BUILD_DIR: the gates of CONTRIBUTING.md. Prints every finding, then fails.
set -u
build=$1
failed=0
gate() {
  name=$1
  shift
  if "$@" >build/lint.log 2>&1; then
    echo "lint: $name ok"
  else
    cat build/lint.log
    echo "lint: $name FAILED"
    failed=1
  fi
}
tidy() {
  # clang-tidy needs the generated headers, not the objects; unchanged files are remembered by content.
  /usr/bin/python3 tools/run_clang_tidy.py "$build"
}
gate layers /usr/bin/python3 tools/check_layers.py
gate sizes /usr/bin/python3 tools/check_sizes.py
gate clang-format sh -c 'git ls-files "*.h" "*.cc" | xargs clang-format-16 --dry-run --Werror'
gate ruff-format build/tools/bin/ruff format --check .
gate ruff build/tools/bin/ruff check .
gate mypy build/tools/bin/mypy --strict python/flowstone
gate clang-tidy tidy
exit $failed
