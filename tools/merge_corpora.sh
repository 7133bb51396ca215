#!/bin/sh
# merge_corpora.sh [TARGET…]: takes into fuzz/corpora what tools/fuzz.sh has learnt (build/fuzz/corpora): of each
# target the inputs that reach more code, the longest first, until the target has 150 files or 120 KB.
set -eu
cd "$(dirname "$0")/.."
max_files=150
max_bytes=120000
[ $# -gt 0 ] || set -- $(ls build/fuzz/corpora)
chosen=build/fuzz/merged
for target in "$@"; do
  kept=fuzz/corpora/$target
  rm -rf "$chosen"
  mkdir -p "$chosen"
  "build/fuzz/bin/fuzz_$target" -set_cover_merge=1 -use_counters=0 -max_len=1500 "$chosen" "$kept" \
    "build/fuzz/corpora/$target" >"build/fuzz/$target.merge.log" 2>&1
  files=$(ls "$kept" | wc -l)
  bytes=$(cat "$kept"/* | wc -c)
  for input in $(ls -S "$chosen"); do
    size=$(wc -c <"$chosen/$input")
    if [ "$size" -eq 0 ] || [ "$files" -ge $max_files ] || [ $((bytes + size)) -gt $max_bytes ]; then
      continue
    fi
    # An input that is kept already is chosen again, by its content.
    if find "$kept" -type f -size "${size}c" -exec cmp -s {} "$chosen/$input" \; -print | grep -q .; then
      continue
    fi
    cp "$chosen/$input" "$kept/learnt_$(echo "$input" | cut -c1-10)"
    files=$((files + 1))
    bytes=$((bytes + size))
  done
  echo "$target: $files inputs of $bytes bytes"
done
