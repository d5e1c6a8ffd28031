#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# on-own-network.sh PROGRAM…: runs it in a network of its own, where nobody speaks but what it starts;
# it has an address other than loopback's, for WebRTC. Without the right to make networks the test is
# skipped.
set -euo pipefail

own=(unshare --net)
"${own[@]}" true 2>/dev/null || own+=(--map-root-user)
"${own[@]}" true 2>/dev/null || {
  echo "1..0 # SKIP networks of one's own cannot be made here"
  exit 0
}
exec "${own[@]}" bash -euc '
  # The kernel itself would speak IPv6.
  echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
  echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
  ip link set lo up
  ip link add wan0 type veth peer name wan1
  ip address add 192.0.2.7/24 dev wan0
  ip link set wan0 up
  ip link set wan1 up
  exec "$@"' on-own-network "$@"
