#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# beside-network-manager.sh FOLDER CHECK PROGRAM…: runs it beside a system bus of its own, FOLDER/bus,
# where a real NetworkManager can serve the present network namespace; $NETWORK_MANAGER is the
# command that starts one. Interfaces named wan… are left alone. CHECK is the address that tells
# NetworkManager whether the path is alive, or empty. /run is to be the caller's own, /sys read-only:
# writable, it would have NetworkManager wait for udev, which nobody runs here.
set -euo pipefail

folder=$1
check=$2
shift 2
mkdir "$folder/profiles" "$folder/more"
mkdir -p /run/NetworkManager

cat >"$folder/bus.conf" <<END_OF_FILE
<busconfig>
  <type>system</type>
  <listen>unix:path=$folder/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
END_OF_FILE
cat >"$folder/nm.conf" <<END_OF_FILE
[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
[keyfile]
path=$folder/profiles
unmanaged-devices=interface-name:wan*;interface-name:lo
END_OF_FILE
if [[ -n $check ]]; then
  printf '[connectivity]\nuri=%s\ninterval=20\n' "$check" >>"$folder/nm.conf"
fi
dbus-daemon --config-file="$folder/bus.conf" --nofork &
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$folder/bus
for _ in {1..100}; do
  [[ -S $folder/bus ]] && break
  sleep 0.05
done
export NETWORK_MANAGER="NetworkManager --no-daemon --config=$folder/nm.conf --config-dir=$folder/more --state-file=$folder/state --pid-file=$folder/pid"
"$@"
