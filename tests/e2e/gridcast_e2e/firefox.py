# SPDX-License-Identifier: GPL-3.0-or-later
"""The console in headless Firefox."""

import contextlib
import json

import websocket
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.options import ArgOptions

from . import wait
from .browser import Browser
from .marionette import Marionette

PREFERENCES = {
    "marionette.port": 0,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    # Nothing is fetched that the page does not ask for, codecs among it.
    "app.update.disabledForTesting": True,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


class Options(ArgOptions):
    """Firefox has been started already: there is nothing to tell about how to start it."""

    @property
    def default_capabilities(self):
        return {"acceptInsecureCerts": True, "webSocketUrl": True}

    def to_capabilities(self):
        return self.default_capabilities


class Firefox(Browser):
    def __init__(self, stage, center, name="firefox", language="en-GB", size=(1440, 900)):
        super().__init__(stage, center, name, language, size)
        profile = stage.make_folder(name)
        preferences = {**PREFERENCES, "intl.accept_languages": language}
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in preferences.items()]
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        self._program = stage.start(
            name,
            ["firefox-esr", "--headless", "--no-remote", "--profile", profile]
            + ["--marionette", "--remote-debugging-port=0", "about:blank"],
            # An empty address of the bus: there is none for it to ask.
            {"HOME": str(profile), "DISPLAY": "", "WAYLAND_DISPLAY": "", "DBUS_SESSION_BUS_ADDRESS": ""},
        )
        port = wait.until(lambda: self._read_port(profile), lambda: f"Firefox; it said:\n{self._program.tail()}", 60)
        self.driver = webdriver.Remote(Marionette(port), options=Options())
        stage.on_exit(self.quit)
        self._events = []
        self._calls = 0
        self._socket = websocket.create_connection(
            self.driver.caps["webSocketUrl"], timeout=20, suppress_origin=True
        )
        self._call("session.subscribe", events=["log.entryAdded"])
        self.resize(*size)
        self.driver.set_script_timeout(20)
        self.driver.set_page_load_timeout(30)

    def _read_port(self, profile):
        if not self._program.running:
            raise RuntimeError(f"Firefox ended with {self._program.popen.returncode}:\n{self._program.tail()}")
        file = profile / "MarionetteActivePort"
        return file.exists() and int(file.read_text(encoding="ascii") or 0)

    def _call(self, method, **parameters):
        """Asks by WebDriver BiDi, for what the older protocol has no words."""
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._calls:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            self._events.append(message)

    def quit(self):
        with contextlib.suppress(WebDriverException, OSError):
            self._socket.close()
            self.driver.quit()

    def resize(self, width, height):
        self._call(
            "browsingContext.setViewport",
            context=self.driver.current_window_handle,
            viewport={"width": width, "height": height},
            devicePixelRatio=1,
        )

    def run_first(self, script):
        self._call("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def errors(self):
        self._call("session.status")
        entries = [event["params"] for event in self._events if event["method"] == "log.entryAdded"]
        self._events.clear()
        return [entry["text"] for entry in entries if entry["level"] == "error"]
