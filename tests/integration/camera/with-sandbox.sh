#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# with-sandbox.sh PROGRAM: runs it beside a root folder in which it would be a Flatpak's process.
#
# The portal and PipeWire know a sandboxed program by the file /.flatpak-info of its root. The folder
# that GC_SANDBOX names shows all that there is, and that file: the program goes there by chroot()
# when it has started the services, which must not look sandboxed. Without the right to mount, the
# test is skipped.
set -euo pipefail

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

[[ -x /usr/libexec/xdg-desktop-portal ]] || skip "xdg-desktop-portal is not installed"
if [[ ${1:-} != --inside ]]; then
  own=(unshare --mount --propagation private)
  "${own[@]}" true 2>/dev/null || own+=(--map-root-user)
  "${own[@]}" true 2>/dev/null || skip "nothing can be mounted here"
  exec "${own[@]}" bash "${BASH_SOURCE[0]}" --inside "$@"
fi
shift

GC_SANDBOX=$(mktemp -d "${TMPDIR:-/tmp}/gridcast-sandbox-XXXXXX")
export GC_SANDBOX
trap 'umount -R "$GC_SANDBOX"; rmdir "$GC_SANDBOX"' EXIT
mount -t tmpfs none "$GC_SANDBOX" || skip "nothing can be mounted here"
for entry in /*; do
  inside=$GC_SANDBOX$entry
  if [[ -L $entry ]]; then
    cp -P "$entry" "$inside"
  elif [[ -d $entry ]]; then
    mkdir "$inside"
    mount --rbind "$entry" "$inside"
  fi
done
cat >"$GC_SANDBOX/.flatpak-info" <<END
[Application]
name=$GC_APP_ID
[Instance]
instance-id=1
END
"$@"
