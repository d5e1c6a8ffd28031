#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# with-network-manager.sh PROGRAM: runs it beside a real NetworkManager, in a network of its own; for
# in-own-network.sh to start.
#
# That network has two uplinks, up0 and up1, whose other ends are wan0 and wan1: taking those down
# pulls the cable. The environment's DBUS_SYSTEM_BUS_ADDRESS names the bus, NETWORK_MANAGER the
# command that starts another NetworkManager. Without the right to make networks the test is skipped.
set -euo pipefail

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

run=$(mktemp -d "${TMPDIR:-/tmp}/gridcast-nm-XXXXXX")
trap 'rm -rf "$run"' EXIT
mount -t sysfs -o ro sysfs /sys || skip "/sys cannot be mounted here"
ip link add up0 type veth peer name wan0 || skip "there are no virtual cables here"
ip link add up1 type veth peer name wan1
ip link set wan0 up
ip link set wan1 up
"$(dirname "${BASH_SOURCE[0]}")/../../support/beside-network-manager.sh" "$run" "" "$@"
