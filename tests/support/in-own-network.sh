#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# in-own-network.sh PROGRAM…: runs it in a network of its own, where it may make more of them, with a
# /run of its own. Without the right to do so the test is skipped.
set -euo pipefail

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

if [[ ${1:-} != --inside ]]; then
  own=(unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private)
  "${own[@]}" true 2>/dev/null || own+=(--map-root-user)
  "${own[@]}" true 2>/dev/null || skip "networks of one's own cannot be made here"
  exec "${own[@]}" bash "${BASH_SOURCE[0]}" --inside "$@"
fi
shift

mount -t tmpfs tmpfs /run
ip link set lo up
exec "$@"
