#!/bin/sh
# tools/packse.sh [BUILD [SCENARIOS]]: resolves the packse corpus under the policies of uv and of pip, and prints
# how many scenarios of each category come out as written. BUILD is a build directory (build/release).
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
if [ $# -ge 2 ]; then
  FLOWSTONE_PACKSE=$2
  export FLOWSTONE_PACKSE
fi
exec "$build/bin/resolve_test" --gtest_filter='PackseCorpus*' --gtest_brief=1
