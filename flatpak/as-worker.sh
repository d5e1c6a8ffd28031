#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# as-worker.sh INSTALLATION OUTPUT COMMAND…: runs the command as an unprivileged user for whom
# INSTALLATION, a folder, holds what is installed system-wide, and who may write into OUTPUT.
set -euo pipefail

if [[ $(id -u) -ne 0 ]]; then
  export FLATPAK_SYSTEM_DIR=$1
  shift 2
  exec "$@"
fi
if [[ $1 != --inside ]]; then exec unshare --mount --propagation private "$0" --inside "$@"; fi
installation=$2
output=$3
shift 3

user=4242
home=$(mktemp -d)
export HOME=$home FLATPAK_SYSTEM_DIR=/var/lib/flatpak
trap 'rm -rf "$home"' EXIT
mkdir -p "$FLATPAK_SYSTEM_DIR" "$output"
# Where everybody can reach it, unlike root's cache.
mount --bind "$installation" "$FLATPAK_SYSTEM_DIR"
# Known by name to this command alone.
{
  cat /etc/passwd
  echo "worker:x:$user:$user::$home:/bin/sh"
} >"$home/passwd"
chmod 644 "$home/passwd"
mount --bind "$home/passwd" /etc/passwd
chown -R "$user:$user" "$home" "$output"
setpriv --reuid "$user" --regid "$user" --clear-groups --bounding-set=-all "$@"
