#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make.sh FOLDER MULTIARCH: makes FOLDER/platform and FOLDER/sdk, look-alikes of org.gnome.Platform//49
# and org.gnome.Sdk//49, from the Debian packages in platform.txt and sdk.txt.
#
# The packages are unpacked, not installed: what their installation would do and an app can notice is
# done below. So it needs no root.
set -euo pipefail
shopt -s inherit_errexit nullglob

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
multiarch=$2
# What Debian's packages bring along and the real runtimes have not: the manifest must build it.
lacking='libnm|libportal|shumate|libfeedback|protobuf-c|zxing|ZXing|zbar|openh264'

list() { sed 's/#.*//' "$@" | xargs -n 1; }

# An apt that believes that nothing is installed, with folders of its own.
private_apt() {
  apt-get -q -y -o Debug::NoLocking=1 -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" \
    -o Dir::Cache="$folder/apt/cache" -o Dir::Log="$folder/apt/log" -o APT::Sandbox::User= \
    -o APT::Install-Recommends=false "$@"
}

# fetch NAME PACKAGE…: downloads the packages and what they depend on; NAME.debs lists those that were
# not there yet
fetch() {
  local name=$1
  shift
  private_apt --print-uris install "$@" | sed -n "s/^'[^']*' \([^ ]*\.deb\) .*/\1/p" | sort -u >"$folder/$name.debs"
  private_apt --download-only install "$@" >"$folder/apt/log/fetch" 2>&1 || {
    tail -n 5 "$folder/apt/log/fetch" >&2
    return 1
  }
}

# In DIR as its root, as an app would see it.
inside() {
  local root=$1
  shift
  bwrap --bind "$root/usr" /usr --bind "$root/etc" /etc --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib \
    --symlink usr/lib64 /lib64 --dev /dev --proc /proc --tmpfs /tmp --unshare-all \
    --setenv PATH /usr/bin:/usr/sbin --setenv LC_ALL C.UTF-8 "$@"
}

unpack() {
  local root=$1
  (cd "$folder/apt/cache/archives" && xargs -P "$(nproc)" -I{} dpkg-deb -x {} "$root.unpacked")
  mkdir -p "$root/etc"
  cp -al --update=none "$root.unpacked/usr" "$root.unpacked/etc" "$root/"
  rm -rf "$root.unpacked"
}

set_up() {
  local root=$1 lib=$1/usr/lib/$multiarch pair
  rm -rf "$root"/usr/share/{doc,man,info,lintian,bug} "$root"/usr/lib/{systemd,udev}
  find "$root/usr" -regextype posix-extended -regex ".*/[^/]*($lacking)[^/]*" -prune -exec rm -rf {} +
  cp "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/"
  # Alternatives, which the packages leave to be chosen.
  for pair in awk:mawk awk:gawk cc:gcc c++:g++; do
    [[ -e $root/usr/bin/${pair#*:} ]] && ln -sf "${pair#*:}" "$root/usr/bin/${pair%:*}"
  done
  for pair in aclocal automake; do
    for name in "$root/usr/bin/$pair"-*; do ln -sf "${name##*/}" "$root/usr/bin/$pair"; done
  done
  for name in "$lib"/{blas,lapack}/*.so.3; do ln -sf "${name#"$lib/"}" "$lib/"; done
  # Flatpak says where the host's fonts are.
  cat >"$root/etc/fonts/conf.d/50-flatpak.conf" <<'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/app/share/fonts</dir>
  <include ignore_missing="yes">/run/host/font-dirs.xml</include>
</fontconfig>
END
  mkdir -p "$root/etc/ssl/certs"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  inside "$root" sh -ec "
    glib-compile-schemas /usr/share/glib-2.0/schemas
    PATH=\$PATH:/usr/lib/$multiarch/glib-2.0:/usr/lib/$multiarch/gdk-pixbuf-2.0
    gio-querymodules /usr/lib/$multiarch/gio/modules
    gdk-pixbuf-query-loaders --update-cache
    update-mime-database /usr/share/mime
    for name in en_GB zh_CN; do
      [ -d /usr/lib/locale/\$name.utf8 ] || localedef -i \$name -f UTF-8 --no-archive \$name.UTF-8
    done" >/dev/null
}

rm -rf "${folder:?}"/{platform,sdk,apt}
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/log"
: >"$folder/apt/status"
private_apt update >/dev/null

mapfile -t platform < <(list "$here/platform.txt")
mapfile -t sdk < <(list "$here/sdk.txt")
fetch platform "${platform[@]}"
fetch sdk "${platform[@]}" "${sdk[@]}"

unpack "$folder/platform" <"$folder/platform.debs"
cp -al "$folder/platform" "$folder/sdk"
unpack "$folder/sdk" <"$folder/sdk.debs"
set_up "$folder/platform"
set_up "$folder/sdk"
rm -rf "$folder/apt" "$folder"/*.debs
