#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: enter-root.sh ROOT BIND… -- COMMAND…    (in a mount namespace of its own)
set -euo pipefail

root=$1
shift
# pivot_root wants a mount point.
mount --bind "$root" "$root"
# Entries share the root's files, but not what runs: sockets and pid files are each entry's own.
mount -t tmpfs tmpfs "$root/run"
while [[ $1 != -- ]]; do
  if [[ -d $1 ]]; then
    mkdir -p "$root$1"
  else
    mkdir -p "$(dirname "$root$1")"
    touch "$root$1"
  fi
  mount --rbind "$1" "$root$1"
  shift
done
shift
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mkdir -p "$root/.host"
if [[ ! -d $root/usr/lib/locale/zh_CN.utf8 ]]; then
  chroot "$root" localedef -i zh_CN -f UTF-8 --no-archive zh_CN.UTF-8
fi
[[ -s $root/etc/machine-id ]] || tr -d - <"/proc/sys/kernel/random/uuid" >"$root/etc/machine-id"
cd "$root"
pivot_root . .host
umount -l /.host
export GRIDCAST_ROOT=1 HOME="${HOME:-/root}"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
mkdir -p "$HOME"
unset PYENV_ROOT LIBRARY_PATH DEBIAN_FRONTEND
if [[ -n ${GRIDCAST_USER:-} ]]; then
  chown "$GRIDCAST_USER" "$HOME"
  exec setpriv --reuid "${GRIDCAST_USER%:*}" --regid "${GRIDCAST_USER#*:}" --clear-groups "$@"
fi
exec "$@"
