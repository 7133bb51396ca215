#!/bin/sh
# tools/fuzz.sh SECONDS [TARGET…]: runs each fuzz target that long, with ASan and UBSan, and fails when one finds
# something. What a target learns stays in build/fuzz/corpora; its crashes are left in build/fuzz/crashes.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?"usage: tools/fuzz.sh SECONDS [TARGET...]"}
shift
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
if [ $# -eq 0 ]; then
  for directory in fuzz/corpora/*/; do
    set -- "$@" "$(basename "$directory")"
  done
fi
failed=
for target in "$@"; do
  learnt=build/fuzz/corpora/$target
  crashes=build/fuzz/crashes/$target
  log=build/fuzz/$target.log
  mkdir -p "$learnt" "$crashes"
  if "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -artifact_prefix="$crashes/" "$learnt" "fuzz/corpora/$target" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
    echo "$target: $runs runs in ${seconds} s, clean"
  else
    echo "$target: found something, see $log and $crashes"
    failed="$failed $target"
  fi
done
[ -z "$failed" ]
