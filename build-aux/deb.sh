#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deb.sh SOURCE OUTPUT: builds the Debian package of the center from what git knows of SOURCE, and
# prints its file.
set -euo pipefail
shopt -s inherit_errexit

source=$1
output=$2

mkdir -p "$output"
tree=$(mktemp -d "$output/source-XXXXXX")
trap 'rm -rf "$tree"' EXIT
git -C "$source" ls-files -z | xargs -0 tar -C "$source" --no-recursion -c | tar -C "$tree/" --one-top-level=gridcast -x
cd "$tree/gridcast"
PATH=/usr/lib/ccache:$PATH dpkg-buildpackage -b -us -uc --ignore-builtin-builddeps >"$output/build.log" 2>&1 || {
  tail -n 40 "$output/build.log" >&2
  exit 1
}
for made in ../gridcast-center_*.deb; do
  mv "$made" "$output/"
  echo "$output/${made##*/}"
done
