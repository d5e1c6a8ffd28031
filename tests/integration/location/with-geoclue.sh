#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# with-geoclue.sh PROGRAM: runs it where GeoClue has a configuration of our own.
#
# GeoClue then has one receiver, whose sentences it reads from the socket that GPS_SOCKET names, and
# takes “test-agent” for the one who answers for the user. It has its configuration from one place
# only, which needs file systems of one's own: without the right to mount, the test is skipped.
set -euo pipefail

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

[[ -x /usr/libexec/geoclue ]] || skip "GeoClue is not installed"
if [[ ${1:-} != --inside ]]; then
  # Without the network, which GeoClue would ask where we are, whatever its configuration says.
  own=(unshare --mount --propagation private --net)
  "${own[@]}" true 2>/dev/null || own+=(--map-root-user)
  "${own[@]}" true 2>/dev/null || skip "nothing can be mounted here"
  exec "${own[@]}" bash "${BASH_SOURCE[0]}" --inside "$@"
fi
shift

run=$(mktemp -d "${TMPDIR:-/tmp}/gridcast-gps-XXXXXX")
trap 'rm -rf "$run"' EXIT
export GPS_SOCKET=$run/gps
mkdir "$run/etc"
cat >"$run/etc/geoclue.conf" <<END
[agent]
whitelist=test-agent
[network-nmea]
enable=true
nmea-socket=$GPS_SOCKET
[3g]
enable=false
[cdma]
enable=false
[modem-gps]
enable=false
[wifi]
enable=false
[compass]
enable=false
[static-source]
enable=false
END
mount --bind "$run/etc" /etc/geoclue || skip "nothing can be mounted here"
"$@"
