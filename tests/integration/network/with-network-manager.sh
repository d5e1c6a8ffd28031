#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# with-network-manager.sh PROGRAM: runs it beside a real NetworkManager, in a network of its own.
#
# That network has two uplinks, up0 and up1, whose other ends are wan0 and wan1: taking those down
# pulls the cable. The environment's DBUS_SYSTEM_BUS_ADDRESS names the bus, NETWORK_MANAGER the
# command that starts another NetworkManager. Without the right to make networks the test is skipped.
set -euo pipefail

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

if [[ ${1:-} != --inside ]]; then
  own=(unshare --net --mount --pid --fork --kill-child --propagation private)
  "${own[@]}" true 2>/dev/null || own+=(--map-root-user)
  "${own[@]}" true 2>/dev/null || skip "networks of one's own cannot be made here"
  exec "${own[@]}" bash "${BASH_SOURCE[0]}" --inside "$@"
fi
shift

run=$(mktemp -d "${TMPDIR:-/tmp}/gridcast-nm-XXXXXX")
trap 'rm -rf "$run"' EXIT
mount -t proc proc /proc
# Writable, it would have NetworkManager wait for udev, which nobody runs here.
mount -t sysfs -o ro sysfs /sys || skip "/sys cannot be mounted here"
mount -t tmpfs tmpfs /run
mkdir -p /run/NetworkManager "$run/profiles" "$run/more"
ip link set lo up
ip link add up0 type veth peer name wan0 || skip "there are no virtual cables here"
ip link add up1 type veth peer name wan1
ip link set wan0 up
ip link set wan1 up

cat >"$run/bus.conf" <<END
<busconfig>
  <type>system</type>
  <listen>unix:path=$run/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
END
cat >"$run/nm.conf" <<END
[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
[keyfile]
path=$run/profiles
unmanaged-devices=interface-name:wan*;interface-name:lo
END
dbus-daemon --config-file="$run/bus.conf" --nofork &
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$run/bus
for _ in {1..100}; do
  [[ -S $run/bus ]] && break
  sleep 0.05
done
export NETWORK_MANAGER="NetworkManager --no-daemon --config=$run/nm.conf --config-dir=$run/more --state-file=$run/state --pid-file=$run/pid"
"$@"
