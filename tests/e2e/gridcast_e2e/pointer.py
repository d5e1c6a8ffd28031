# SPDX-License-Identifier: GPL-3.0-or-later
"""Taps on an X screen, for the few things that AT-SPI can name but not press, as list rows."""

import ctypes

LEFT_BUTTON = 1


def tap(display, x, y):
    """Presses and releases at a point of the screen, through the XTEST extension."""
    xlib, xtest = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xlib.XOpenDisplay(display.encode()))
    if not connection:
        raise OSError(f"the screen {display} does not answer")
    now = ctypes.c_ulong(0)
    xtest.XTestFakeMotionEvent(connection, -1, int(x), int(y), now)
    for pressed in (1, 0):
        xtest.XTestFakeButtonEvent(connection, LEFT_BUTTON, pressed, now)
    xlib.XSync(connection, 0)
    xlib.XCloseDisplay(connection)
