#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh CACHE OUTPUT MIRROR: builds the manifest, as it is, against look-alikes of the runtimes, and
# makes OUTPUT, a bundle. What it needs comes from a Debian mirror; CACHE keeps all that takes long.
#
# Prints the folder of the flatpak installation with the look-alikes.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$1
output=$2
mirror=$3
app=org.gridcast.Gridcast
manifest=$here/$app.yml
branch=49

say() { printf '    %s\n' "$*" >&2; }

# quietly LOG COMMAND…: shows the end of what it said only if it fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "all of it is in $log" >&2
    return 1
  }
}

key=$(cat "$here"/lookalike/* | sha256sum | cut -c1-16)
own=$cache/$key
mkdir -p "$own" "$cache/sources" "$(dirname "$output")"
exec 7>"$cache/lock"
flock 7
export FLATPAK_USER_DIR=$own/installation FLATPAK_SYSTEM_DIR=$own/nothing
export XDG_DATA_HOME=$own/share XDG_CACHE_HOME=$own/cache

# --- the runtimes ---

if [[ ! -e $own/ready ]]; then
  # Those of older lists.
  find "$cache" -mindepth 1 -maxdepth 1 ! -name sources ! -name ccache ! -name lock -exec rm -rf {} +
  mkdir -p "$own"
  say "making look-alikes of the GNOME runtimes"
  quietly "$cache/runtimes.log" "$here/runtimes.sh" "$own" "$branch"
  touch "$own/ready"
fi

# --- the sources ---

json=$(flatpak-builder --show-manifest "$manifest")
python3 "$here/fetch.py" "$mirror" "$cache/sources" <<<"$json"

# The work tree stands for the tag that the manifest names: as one commit, always the same for the
# same files.
git_of() { git --git-dir="$own/gridcast.git" --work-tree="$here/.." "$@"; }
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["modules"][-1]["sources"][0]["url"])' <<<"$json")
tag=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["modules"][-1]["sources"][0]["tag"])' <<<"$json")
[[ -d $own/gridcast.git ]] || git init -q --bare "$own/gridcast.git"
git_of add -A
commit=$(GIT_AUTHOR_NAME=gridcast GIT_AUTHOR_EMAIL=gridcast GIT_AUTHOR_DATE='@1 +0000' \
  GIT_COMMITTER_NAME=gridcast GIT_COMMITTER_EMAIL=gridcast GIT_COMMITTER_DATE='@1 +0000' \
  git_of commit-tree -m "$tag" "$(git_of write-tree)")
git_of tag -f "$tag" "$commit" >/dev/null
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$own/gridcast.git.insteadOf" GIT_CONFIG_VALUE_0=$url

# --- the app ---

say "building $app"
mkdir -p "$own/state"
ln -sfn "$cache/sources" "$own/state/downloads"
mkdir -p "$cache/ccache"
ln -sfn "$cache/ccache" "$own/state/ccache"
quietly "$cache/build.log" flatpak-builder --user --force-clean --disable-rofiles-fuse --ccache --state-dir="$own/state" \
  --repo="$own/apps" "$own/app" "$manifest"
say "making the bundle"
quietly "$cache/bundle.log" flatpak build-bundle "$own/apps" "$output" "$app"
echo "$FLATPAK_USER_DIR"
