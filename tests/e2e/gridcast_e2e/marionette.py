# SPDX-License-Identifier: GPL-3.0-or-later
"""Firefox's remote control, in the form in which Selenium speaks to a browser.

Selenium expects a program of its own between itself and Firefox, which Debian does not have. All
that it does is to give the commands of WebDriver their names in Firefox's protocol.
"""

import json
import socket

from selenium.webdriver.remote.command import Command

NAMES = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.QUIT: "Marionette:Quit",
    Command.GET: "WebDriver:Navigate",
    Command.REFRESH: "WebDriver:Refresh",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.W3C_GET_CURRENT_WINDOW_HANDLE: "WebDriver:GetWindowHandle",
    Command.SET_TIMEOUTS: "WebDriver:SetTimeouts",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.IS_ELEMENT_ENABLED: "WebDriver:IsElementEnabled",
    Command.GET_ELEMENT_RECT: "WebDriver:GetElementRect",
    Command.GET_ELEMENT_ARIA_ROLE: "WebDriver:GetComputedRole",
    Command.GET_ELEMENT_ARIA_LABEL: "WebDriver:GetComputedLabel",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
    Command.ELEMENT_SCREENSHOT: "WebDriver:TakeScreenshot",
    Command.DELETE_ALL_COOKIES: "WebDriver:DeleteAllCookies",
}


class Marionette:
    """What Selenium calls a command executor: one connection, one request at a time."""

    def __init__(self, port, seconds=60):
        self._socket = socket.create_connection(("127.0.0.1", port), seconds)
        self._stream = self._socket.makefile("rb")
        self._count = 0
        self._receive()

    def execute(self, command, parameters):
        error, result = self._request(NAMES[command], self._translate(command, dict(parameters or {})))
        if error:
            return {"status": 500, "value": json.dumps({"value": error})}
        if isinstance(result, dict) and set(result) == {"value"}:
            result = result["value"]
        return {"value": result}

    def close(self):
        self._stream.close()
        self._socket.close()

    @staticmethod
    def _translate(command, parameters):
        parameters.pop("sessionId", None)
        if command == Command.NEW_SESSION:
            return parameters["capabilities"]["alwaysMatch"]
        if command == Command.QUIT:
            return {"flags": ["eForceQuit"]}
        if command in (Command.SCREENSHOT, Command.ELEMENT_SCREENSHOT):
            return {**parameters, "full": False}
        return parameters

    def _request(self, name, parameters):
        self._count += 1
        message = json.dumps([0, self._count, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._receive()
        return error, result

    def _receive(self):
        """A message is its length in bytes, a colon, and so much JSON."""
        length = b""
        while not length.endswith(b":"):
            byte = self._stream.read(1)
            if not byte:
                raise ConnectionError("Firefox has closed its remote control")
            length += byte
        return json.loads(self._stream.read(int(length[:-1])))
