# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the real programs through their real interfaces, for the demo and the end-to-end tests.

    stage      starts programs, keeps their logs, ends them on every way out
    wait       polls a condition with a deadline
    desk       a private session bus, accessibility bus and virtual screen
    terminal   gridcast, driven through AT-SPI by role and name
    worker     what a worker does with it
    center     gridcast-center on a free port with a data folder of its own
    browser    headless Chromium, driven through WebDriver
    dispatcher what a dispatcher does at the console in it
    camera     the picture in front of the terminal's camera: a scene, or the console's QR code
    scene      paints that scene
    pointer    taps on an X screen
    tap        runs test cases and speaks TAP
"""
