# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium, started the same way for publisher and receiver."""

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --mute-audio --enable-logging=stderr "
    "--autoplay-policy=no-user-gesture-required --window-size=800,600 "
    # Timers of a page that nobody looks at would be slowed down.
    "--disable-background-timer-throttling --disable-renderer-backgrounding --disable-backgrounding-occluded-windows "
    # Names for addresses need a resolver that neither side has.
    "--disable-features=WebRtcHideLocalIpsWithMdns"
).split()


def chromium_command(profile, url, *more):
    return ["/usr/bin/chromium", *FLAGS, f"--user-data-dir={profile}", *more, url]
