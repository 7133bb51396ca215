#!/bin/sh
# make_venv.sh PYTHON DIR: a virtual environment in which the SDK of this checkout is importable and
# `flowstone` is on the path. It holds links, not copies: edit and run.
set -eu
python=$1
venv=$2
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$(dirname "$venv")"
"$python" -m venv --without-pip "$venv"
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n%s\n' "$root/python" "$root/python/metaflow" >"$site/flowstone.pth"
ln -sfn "$root/build/bin/flowstone" "$venv/bin/flowstone"
touch "$venv/bin/python"
