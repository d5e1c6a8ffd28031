#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# runtimes.sh FOLDER BRANCH: makes the look-alikes of Platform and SDK in FOLDER, and puts them where
# FLATPAK_USER_DIR says.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
own=$1
branch=$2
arch=$(flatpak --default-arch)
multiarch=$arch-linux-gnu
trees_kb=6000000

# Some hundred thousand small files that are soon deleted: in memory, where there is enough of it.
trees=$own
if [[ $(df -Pk /dev/shm | awk 'NR == 2 { print $4 }') -gt $trees_kb ]] && ! findmnt -no OPTIONS -T /dev/shm | grep -qw noexec; then
  trees=$(mktemp -d /dev/shm/gridcast-XXXXXX)
  trap 'rm -rf "$trees"' EXIT
fi

# export_runtime NAME TREE: what is in TREE is moved
export_runtime() {
  local name=$1 tree=$2
  mkdir -p "$tree/export"
  cat >"$tree/export/metadata" <<END
[Runtime]
name=$name
runtime=org.gnome.Platform/$arch/$branch
sdk=org.gnome.Sdk/$arch/$branch

[Environment]
GI_TYPELIB_PATH=/app/lib/girepository-1.0
GST_PLUGIN_SYSTEM_PATH=/app/lib/gstreamer-1.0:/usr/lib/extensions/gstreamer-1.0:/usr/lib/$multiarch/gstreamer-1.0
XDG_DATA_DIRS=/app/share:/usr/share:/usr/share/runtime/share:/run/host/user-share:/run/host/share
END
  mv "$tree/usr" "$tree/export/files"
  mv "$tree/etc" "$tree/export/files/etc"
  flatpak build-export --runtime --files=files --disable-sandbox --no-update-summary "$own/repo" "$tree/export" "$branch"
  rm -rf "$tree"
}

"$here/lookalike/make.sh" "$trees" "$multiarch"

mkdir -p "$FLATPAK_USER_DIR/repo"
for repo in "$own/repo" "$FLATPAK_USER_DIR/repo"; do
  ostree init --repo="$repo" --mode=bare-user-only
  # All of it can be made again.
  ostree config --repo="$repo" set core.fsync false
done
export_runtime org.gnome.Platform "$trees/platform"
export_runtime org.gnome.Sdk "$trees/sdk"
flatpak build-update-repo "$own/repo"
flatpak --user remote-add --if-not-exists --no-gpg-verify lookalike "file://$own/repo"
flatpak --user install -y --noninteractive lookalike "org.gnome.Platform//$branch" "org.gnome.Sdk//$branch"
rm -rf "$own/repo"
# For the tests' user.
chmod 755 "$FLATPAK_USER_DIR"
