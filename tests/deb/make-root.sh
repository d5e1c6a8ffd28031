#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make-root.sh ROOT PACKAGE MIRROR: a minimal Debian 13 with systemd, on which the package is installed
# with what it depends on.
set -euo pipefail

root=$1
package=$2
mirror=$3

# shellcheck disable=SC2016 # mmdebstrap's shell is to see it
mmdebstrap --variant=minbase --include=systemd,util-linux --aptopt='APT::Install-Recommends "false"' \
  --customize-hook="cp '$package' \"\$1/package.deb\"" \
  --customize-hook='chroot "$1" apt-get install -y /package.deb' \
  trixie "$root" "$mirror"
