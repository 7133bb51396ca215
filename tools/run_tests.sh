#!/bin/sh
# Runs every test and prints how many ran in each language. BUILD=release unless PRESET says otherwise.
# The functional tests mostly wait for the processes they start: two halves of them and the other Python tests run at
# once.
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
odd=$(ls tests/functional/test_*.py | awk 'NR % 2 == 1')
even=$(ls tests/functional/test_*.py | awk 'NR % 2 == 0')
python_tests others tests --ignore=tests/functional >build/reports/pytest-others.log 2>&1 &
others=$!
# shellcheck disable=SC2086 # names of files, without white space
python_tests functional-odd $odd >build/reports/pytest-functional-odd.log 2>&1 &
half=$!
# shellcheck disable=SC2086
python_tests functional-even $even || failed=1
for part in "$half" "$others"; do
  wait "$part" || failed=1
done
cat build/reports/pytest-functional-odd.log build/reports/pytest-others.log
/usr/bin/python3 tools/count_tests.py "build/$preset" build/reports/pytest-*.xml
exit $failed
