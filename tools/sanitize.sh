#!/bin/sh
# sanitize.sh asan|tsan: builds everything with ASan and UBSan, or with TSan, and runs the unit tests; then
# functional tests that resolve, fetch and build, with that engine. Each finding is a file under
# build/PRESET/findings. Fails when a test fails or something was found.
set -eu
cd "$(dirname "$0")/.."
preset=${1:?"usage: tools/sanitize.sh asan|tsan"}
build=$PWD/build/$preset
case $preset in
  asan) tests="locks lock_inputs index_faults index_matrix index_offline source_builds" ;;
  tsan) tests="locks index_faults" ;;
  *) echo "error: no sanitizers are called '$preset'" >&2; exit 2 ;;
esac
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -- --quiet
rm -rf "$build/findings"
mkdir -p "$build/findings"

# Tests give the engine an environment of their own, so that it gets these by a script in its place.
options="log_path=$build/findings/report:exitcode=99:halt_on_error=1:print_stacktrace=1"
export ASAN_OPTIONS="$options" UBSAN_OPTIONS="$options" TSAN_OPTIONS="$options"
cat >"$build/bin/flowstone-sanitized" <<END
#!/bin/sh
export ASAN_OPTIONS="$options" UBSAN_OPTIONS="$options" TSAN_OPTIONS="$options"
exec "$build/bin/flowstone" "\$@"
END
chmod +x "$build/bin/flowstone-sanitized"

failed=0
ctest --preset "$preset" --output-on-failure || failed=1
# shellcheck disable=SC2046 # one word per file
FLOWSTONE_TEST_BUILD=$build FLOWSTONE_TEST_ENGINE=$build/bin/flowstone-sanitized \
  build/tools/bin/python -m pytest -q -p no:cacheprovider $(printf 'tests/functional/test_%s.py ' $tests) || failed=1
for finding in "$build"/findings/*; do
  [ -e "$finding" ] || continue
  cat "$finding"
  failed=1
done
exit $failed
