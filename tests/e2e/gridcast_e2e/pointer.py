# SPDX-License-Identifier: GPL-3.0-or-later
"""What an X screen is told directly: taps on what AT-SPI can name but not press, as list rows; focus;
that nothing is to be seen."""

import contextlib
import ctypes

LEFT_BUTTON = 1


@contextlib.contextmanager
def connection_to(display):
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xlib.XOpenDisplay(display.encode()))
    if not connection:
        raise OSError(f"the screen {display} does not answer")
    yield xlib, connection
    xlib.XSync(connection, 0)
    xlib.XCloseDisplay(connection)


def look_away(display):
    """No window has the focus any more, as when something else is in front."""
    with connection_to(display) as (xlib, connection):
        xlib.XSetInputFocus(connection, ctypes.c_ulong(0), 0, ctypes.c_ulong(0))


def hide_windows(display):
    """No window is to be seen any more, as when the screen is dark."""
    with connection_to(display) as (xlib, connection):
        xlib.XDefaultRootWindow.restype = ctypes.c_ulong
        root = ctypes.c_ulong(xlib.XDefaultRootWindow(connection))
        ignored, count = ctypes.c_ulong(), ctypes.c_uint()
        windows = ctypes.POINTER(ctypes.c_ulong)()
        xlib.XQueryTree(
            connection, root, ctypes.byref(ignored), ctypes.byref(ignored), ctypes.byref(windows), ctypes.byref(count)
        )
        for window in windows[: count.value]:
            xlib.XUnmapWindow(connection, ctypes.c_ulong(window))
        if windows:
            xlib.XFree(windows)


@contextlib.contextmanager
def held(display, x, y):
    """Keeps a finger on a point of the screen, through the XTEST extension."""
    xtest = ctypes.CDLL("libXtst.so.6")
    now = ctypes.c_ulong(0)
    with connection_to(display) as (_, connection):
        xtest.XTestFakeMotionEvent(connection, -1, int(x), int(y), now)
        xtest.XTestFakeButtonEvent(connection, LEFT_BUTTON, 1, now)
    yield
    with connection_to(display) as (_, connection):
        xtest.XTestFakeButtonEvent(connection, LEFT_BUTTON, 0, now)


def tap(display, x, y):
    """Presses and releases at a point of the screen."""
    with held(display, x, y):
        pass
