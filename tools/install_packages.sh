#!/bin/sh
# Installs the Debian packages of tools/system_packages.txt that are missing, and says which.
# Uses sudo only when not root. Does nothing, and needs no network, when all are there.
set -eu
here=$(dirname "$0")
missing=""
for package in $(grep -v '^#' "$here/system_packages.txt"); do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing system packages:$missing" >&2
run=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: not root and no sudo: install them yourself" >&2; exit 1; }
  run="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq >&2
# shellcheck disable=SC2086 # one word per package
$run apt-get install -y -qq --no-install-recommends $missing >&2
