#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot.sh ROOT: boots the Debian system in ROOT with its own systemd, in namespaces, on the network of
# whoever calls it, until it is killed. Needs root.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  exec unshare --mount --propagation private --pid --fork --kill-child --uts --ipc --cgroup bash "${BASH_SOURCE[0]}" --inside "$1"
fi
root=$2

mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p run/outside
pivot_root . run/outside
umount -l run/outside
exec env -i container=gridcast PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=console --unit=multi-user.target
