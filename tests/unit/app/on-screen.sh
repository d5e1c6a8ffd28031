#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a program on a virtual screen of its own: on-screen.sh PROGRAM ARGUMENT…
set -euo pipefail

folder=$(mktemp -d)
screen=
trap '[[ -z $screen ]] || kill "$screen" 2>/dev/null || true; rm -r "$folder"' EXIT
mkfifo "$folder/number"
Xvfb -displayfd 3 -screen 0 1280x1024x24 -nolisten tcp 3>"$folder/number" >/dev/null 2>&1 &
screen=$!
read -r number <"$folder/number"
export DISPLAY=:$number GDK_BACKEND=x11 GDK_DEBUG=no-portals
unset WAYLAND_DISPLAY
"$@"
