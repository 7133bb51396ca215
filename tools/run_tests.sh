#!/bin/sh
# Runs every test and prints how many ran in each language. BUILD=release unless PRESET says otherwise.
# The functional tests mostly wait for the processes they start, so the other Python tests run beside them.
set -u
preset=${PRESET:-release}
mkdir -p build/reports
failed=0
ctest --preset "$preset" --output-on-failure --output-junit "$PWD/build/reports/ctest.xml" -j 2 || failed=1
python_tests() {
  name=$1
  shift
  FLOWSTONE_TEST_BUILD="$PWD/build/$preset" build/tools/bin/python -m pytest -q -p no:cacheprovider \
    --junit-xml="build/reports/pytest-$name.xml" "$@"
}
rm -f build/reports/pytest*.xml
python_tests others tests --ignore=tests/functional >build/reports/pytest-others.log 2>&1 &
others=$!
python_tests functional tests/functional || failed=1
wait "$others" || failed=1
cat build/reports/pytest-others.log
/usr/bin/python3 tools/count_tests.py "build/$preset" build/reports/pytest-*.xml
exit $failed
