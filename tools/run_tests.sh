#!/bin/sh
# Runs every test and prints how many ran in each language. BUILD=release unless PRESET says otherwise.
set -u
preset=${PRESET:-release}
mkdir -p build/reports
failed=0
ctest --preset "$preset" --output-on-failure --output-junit "$PWD/build/reports/ctest.xml" -j 2 || failed=1
FLOWSTONE_TEST_BUILD="$PWD/build/$preset" build/tools/bin/python -m pytest -q --junit-xml=build/reports/pytest.xml tests || failed=1
/usr/bin/python3 tools/count_tests.py "build/$preset" build/reports/pytest.xml
exit $failed
