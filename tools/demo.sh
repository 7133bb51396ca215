#!/bin/sh
# The main job on real input: runs examples/digits twice and looks at what it left. Stops at the first failure.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=$root/build/venv/bin/python
cd "$root/examples/digits"
title() {
  printf '\n== %s\n' "$1"
}
title "python flow.py --environment=pypi run"
"$python" flow.py --environment=pypi run
title "again: nothing to resolve, nothing to download"
"$python" flow.py --environment=pypi run
title "python flow.py package list --archive: the code that went with it, Flowstone's own files left out"
files=$("$python" flow.py package list --archive)  # not in a pipe, which would hide a failure
printf '%s\n' "$files" | grep -v '^\.fs_'
title "python look.py"
"$python" look.py
