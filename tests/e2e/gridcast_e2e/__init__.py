# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the real programs through their real interfaces, for the demo and the end-to-end tests.

    stage      starts programs, keeps their logs, ends them on every way out
    wait       polls a condition with a deadline
    desk       a private session bus, accessibility bus and virtual screen
    terminal   gridcast, driven through AT-SPI by role and name
    center     gridcast-center on a free port with a data folder of its own
    browser    the console in headless Chromium, driven through WebDriver
    camera     the picture in front of the terminal's camera: a scene, or the console's QR code
    track      NMEA tracks for the terminal's receiver
"""
