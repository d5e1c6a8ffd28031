#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the console's page, against the real center:

- setting up and logging in say in words what is wrong, and where
- of the servers for media that the center hands out, those are used that a browser takes
- live video that has shrunk to a picture every few seconds is said to be that
- the code for pairing counts down, and is void when the dialog is closed
- the form for a task says what is missing, takes a place in digits or from the map, and keeps what
  was written while something else is looked at
- a task is given to another terminal
- a worker's photos of a task are seen while they arrive, and large
- the history of tasks is searched and paged at the center, and saved as a file
- a call for help is over everything until somebody has seen it
- thousands of terminals on the map are a few marks with numbers
- whatever anybody types is shown as text
- everything can be done with the keyboard, and everything has a name and a place on the page
- the language follows the browser, switches without a reload, and is remembered
- a center that is away is said so, and comes back by itself
- a session that ends leads to the login
"""

import json

from console_page import HOSTILE, USER, ConsolePage
from gridcast_e2e import tap, wait
from gridcast_e2e.handset import Handset, Refused, draw, now
from selenium.webdriver.common.keys import Keys

PERCEIVED = """
return [...document.querySelectorAll(arguments[0])].filter((node) => node.checkVisibility({visibilityProperty: true}));
"""

# Not all in one script: browsers end one that takes long.
CREATE_TASKS = """
const [first, end, done] = arguments;
import('/api.js').then(async ({ api }) => {
  const { terminal } = document.querySelector('.terminal').dataset;
  for (let n = first; n < end; n += 1) await api.createTask({ terminal, title: `巡查水库 ${n}`, urgency: 'routine' });
  done();
});
"""
# Terminals that were paired, half of them on duty when the center was last there; each was somewhere.
THOUSANDS = (
    "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 2999)"
    " INSERT INTO terminal (id, worker, device, fingerprint, paired_ms, last_seen_ms, duty, stream)"
    " SELECT printf('00000000-0000-4000-8000-%012d', n), 'Worker ' || n, 'many', 'f', 1, 1, n % 2, n FROM number",
    "INSERT INTO track (terminal, at_ms, longitude, latitude)"
    " SELECT id, unixepoch() * 1000, 114 + (rowid % 50) / 100.0, 30 + (rowid % 60) / 100.0"
    " FROM terminal WHERE device = 'many'",
)
# The terminal that is paired called for help a moment ago.
SOS = (
    "INSERT INTO sos (id, terminal, pressed_ms, received_ms, position, battery, state, open)"
    " SELECT '3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11', id, unixepoch() * 1000, unixepoch() * 1000,"
    " json_object('lon', 114.3, 'lat', 30.5, 'at', strftime('%Y-%m-%dT%H:%M:%SZ')), 42, 'open', 1"
    " FROM terminal WHERE revoked_ms IS NULL LIMIT 1",
)
NOBODY = (
    "DELETE FROM track WHERE terminal IN (SELECT id FROM terminal WHERE device = 'many')",
    "DELETE FROM terminal WHERE device = 'many'",
)
# As the browser's own dialog does.
CLUSTERS = "return [...document.querySelectorAll('#map .cluster')].map((node) => node.textContent);"


class Page(ConsolePage):
    def test_login_in_words(self):
        """A wrong password is answered beside the form; a used link leads to the login"""
        self.browser.click("#logout")
        self.browser.find(".access-text", "logged out")
        self.browser.click("#login button[type=submit]")
        self.browser.find("#login .field-error", "fill this in")
        self.log_in("not the password")
        self.browser.find("#login .problem", "password is wrong")
        self.browser.open(self.center.setup_url)
        self.browser.find(".access-text", "used already")
        self.log_in()
        self.browser.find(".terminal")

    def test_session_ends(self):
        """A session that has ended leads to the login, which says why"""
        self.browser.driver.delete_all_cookies()
        self.browser.click("#audit")
        self.browser.find(".access-text", "session has ended")
        self.assertEqual(self.browser.all("dialog"), [])
        self.log_in()
        self.browser.find(".terminal")

    def test_ice_servers(self):
        """Of the STUN and TURN servers that the center hands out, those are used that a browser takes"""
        header = ", ".join(
            [
                '<stun:stun.example:3478>; rel="ice-server"',
                '<turns:turn.example:443?transport=tcp>; rel="ice-server"; username="17:s"; credential="a\\"b,c;="',
                '<turn:turn.example:3478?transport=udp>; rel="ice-server"',
                '<turn:turn.example:3478>; rel="next"; username="u"; credential="c"',
                '<https://turn.example/>; rel="ice-server"; username="u"; credential="c"',
                "<turn:",
            ]
        )
        used = self.browser.driver.execute_async_script(
            """
            const [header, done] = arguments;
            import('/ice-servers.js').then(({ parseIceServers }) => {
              const iceServers = parseIceServers(header);
              new RTCPeerConnection({ iceServers }).close();
              done(iceServers);
            });
            """,
            header,
        )
        self.assertEqual(
            used,
            [
                {"urls": "stun:stun.example:3478"},
                {"urls": "turns:turn.example:443?transport=tcp", "username": "17:s", "credential": 'a"b,c;='},
            ],
        )

    def test_stills(self):
        """A stream that has shrunk to single pictures is said to be that, until it has motion again"""
        shown = self.browser.driver.execute_async_script(
            """
            const [done] = arguments;
            import('/figures.js').then(({ Figures }) => {
              const figures = new Figures('nobody');
              const sample = { video_bps: 9000, target_bps: 9000, loss: 0, limit: 'network' };
              const look = (stills) => {
                figures.add({ ...sample, stills });
                return [figures.stills, figures.limitText.textContent, figures.node.getAttribute('aria-label')];
              };
              done([look(true), look(false)]);
            });
            """
        )
        (stills, text, label), (moving, other_text, other_label) = shown
        self.assertEqual((stills, moving), (True, False))
        self.assertIn("a picture every few seconds", text)
        self.assertIn("a picture every few seconds", label)
        self.assertNotIn("every few seconds", other_text + other_label)

    def test_graph(self):
        """A stream's rate and delay are drawn over time, with a gap where nothing was heard"""
        rate, delay = self.browser.driver.execute_async_script(
            """
            const [done] = arguments;
            import('/figures.js').then(({ Figures }) => {
              const figures = new Figures('nobody');
              const sample = { video_bps: 900000, target_bps: 1000000, delay_ms: 120, loss: 0, limit: 'nothing' };
              for (const ago of [20000, 18000, 16000, 7000, 5000]) figures.add(sample, performance.now() - ago);
              done(['.figures-rate', '.figures-delay'].map((one) => figures.node.querySelector(one).getAttribute('d')));
            });
            """
        )
        for line in (rate, delay):
            self.assertEqual((line.count("M"), line.count("L")), (2, 3), line)

    def test_pairing_code(self):
        """The code counts down, and is void when the dialog is closed"""
        browser = self.browser
        browser.click("#pair")
        browser.click("#pairing-make")
        browser.find("#pairing-form .field-error", "fill this in")
        browser.write("#pairing-form input[name=worker]", "Anna")
        browser.click("#pairing-make")
        code = browser.find("[data-role=pairing-code]").get_attribute("value")
        self.assertTrue(code.startswith("gridcast:pair?v=1&"), code)
        self.assertGreater(browser.run("return document.querySelector('#pairing-qr').naturalWidth"), 20)
        self.assertGreaterEqual(browser.find("#pairing-qr").size["width"], 300)
        first = browser.find("#pairing-left").text
        wait.until(lambda: browser.find("#pairing-left").text < first, "the countdown")
        browser.click("dialog[open] .dialog-close")
        browser.gone("dialog")
        self.assertEqual(browser.driver.switch_to.active_element.get_attribute("id"), "pair")

        def refused():
            try:
                Handset(self.center, code)
            except Refused as error:
                return error.problem.startswith("token-")
            self.fail("the code of a closed dialog paired a terminal")

        wait.until(refused, "the code to be void")

    def test_task_form(self):
        """The form for a task says what is missing and what is wrong"""
        browser = self.browser
        browser.click("#new-task")
        browser.click("#task-send")
        browser.find("#task-form .field-error", "who gets the task")
        browser.find("#task-form .field-error", "fill this in")
        focused = browser.driver.switch_to.active_element
        self.assertEqual(focused.get_attribute("name"), "terminal")
        self.assertEqual(focused.get_attribute("aria-invalid"), "true")
        browser.write("#task-form input[name=place]", "91, 8")
        browser.run(
            "const field = document.querySelector('#task-form input[name=deadline]');"
            "field.value = '2020-01-01T08:00'; field.dispatchEvent(new Event('input', {bubbles: true}));"
        )
        browser.click("#task-send")
        browser.find("#task-form .field-error", "latitude, longitude")
        browser.find("#task-form .field-error", "in the past")
        browser.click("#task-form .form-actions button:not([type=submit])")
        browser.find("#task-list, #tasks .empty")

    def test_draft_waits(self):
        """A place is picked where a mark stands, and what was written waits while a task is looked at"""
        browser = self.browser
        for title in ("Mark the place", "At the same place"):
            browser.click("#new-task")
            browser.click("#task-form select[name=terminal] option:nth-child(2)")
            browser.write("#task-form input[name=title]", title)
            browser.click("#place-pick")
            browser.click_at("#map-view", 40, 30)
            wait.until(lambda: browser.find("#task-form input[name=place]").get_attribute("value"), "the place")
            if title == "Mark the place":
                browser.click("#task-send")
                browser.find("#task-detail", title)
                browser.click("#task-back")
        browser.click_at("#map-view", 40, 30)
        browser.find("#task-detail", "Mark the place")
        browser.click("#task-back")
        browser.click("#new-task")
        self.assertEqual(browser.find("#task-form input[name=title]").get_attribute("value"), "At the same place")
        self.assertTrue(browser.find("#task-form select[name=terminal]").get_attribute("value"))
        browser.click("#task-form .form-actions button:not([type=submit])")

    def test_given_to_another(self):
        """A task is given to another terminal: the first one's ends, the other's says whose it was"""
        browser = self.browser
        self.pair("Second")
        browser.click("#new-task")
        browser.click("#task-form select[name=terminal] option:nth-child(2)")
        browser.write("#task-form input[name=title]", "Clear the drain")
        browser.click("#task-send")
        browser.find("#task-detail", "Clear the drain")
        first = browser.find("#task-detail").get_attribute("data-task")
        browser.click("#task-assign")
        browser.click("#assign-dialog button[type=submit]")
        browser.find("#assign-dialog .field-error", "who gets the task")
        self.assertEqual(len(browser.all("#assign-dialog option")), len(browser.all(".terminal")))
        browser.click("#assign-dialog option:nth-child(2)")
        browser.click("#assign-dialog button[type=submit]")
        browser.find(f"#task-detail:not([data-task='{first}']) .step-note", "Before: ")
        browser.click("#task-back")
        browser.click("#tasks .chip:last-child")
        browser.click(f"#history-list [data-task='{first}'] .task-head")
        browser.find("#task-detail[data-state=cancelled] .step-note", "Given to somebody else")

    def test_handed_over(self):
        """Who is shut out may have his open tasks given to another terminal"""
        browser = self.browser
        self.pair("Leaving")
        browser.click("[data-action=task]")
        leaving = browser.find("#task-form select[name=terminal]").get_attribute("value")
        browser.write("#task-form input[name=title]", "Read the meter")
        browser.click("#task-send")
        browser.find("#task-detail", "Read the meter")
        first = browser.find("#task-detail").get_attribute("data-task")
        browser.click("#task-back")
        browser.click("[data-action=revoke]")
        browser.click("#revoke-dialog option:nth-child(2)")
        browser.click("#revoke-dialog button[type=submit]")
        browser.gone(f"#revoke-dialog, li[data-terminal='{leaving}']")
        browser.click(f"#task-list .task:not([data-task='{first}']) .task-head", "Read the meter")
        browser.find("#task-detail .step-note", "Before: Leaving")

    def test_photos(self):
        """A worker's photo is seen as it arrives, then large, with its name, time and place, by keyboard too"""
        browser = self.browser
        picture = draw(640, 480, 60)
        browser.errors()
        self.pair("Pei")
        browser.click("#new-task")
        browser.choose("#task-form select[name=terminal]", self.handset.id)
        browser.write("#task-form input[name=title]", "Look at the pump")
        browser.click("#task-send")
        task = browser.find("#task-detail").get_attribute("data-task")
        self.handset.connect()
        place = {"lon": 114.3, "lat": 30.6, "at": now()}
        first = self.handset.announce(task, picture, name=HOSTILE, position=place)
        browser.find(f"[data-file='{first}'][data-state=waiting] .file-state", "Still on the phone")
        self.handset.deliver(first, picture, 0, len(picture) // 2)
        browser.find(f"[data-file='{first}'][data-state=arriving] .file-state", "Arriving, 49 %")
        self.handset.deliver(first, picture, len(picture) // 2, len(picture))
        loaded = "return document.querySelector(arguments[0])?.naturalWidth"
        wait.until(lambda: browser.run(loaded, f"[data-file='{first}'] img") == 640, "the thumbnail")
        second = self.handset.announce(task, picture, name="Afterwards")
        browser.find(f"[data-file='{second}']", "Afterwards")
        self.assert_harmless(".file-name")
        self.tab_to(f"[data-file='{first}'] button")
        self.press(Keys.ENTER)
        wait.until(lambda: browser.run(loaded, "#photo .photo-stage img") == 640, "the photo")
        self.assert_harmless("#photo .photo-name")
        browser.find("#photo-place")
        self.press(Keys.ARROW_RIGHT)
        browser.find("#photo .photo-name", "Afterwards")
        browser.find("#photo .photo-missing", "Still on the phone")
        self.handset.deliver(second, picture, 0, len(picture))
        wait.until(lambda: browser.run(loaded, "#photo .photo-stage img") == 640, "the other photo")
        browser.gone("#photo-place")
        self.press(Keys.ARROW_LEFT, Keys.ESCAPE)
        browser.gone("#photo")
        self.assertTrue(browser.run("return document.activeElement.matches(arguments[0])", f"[data-file='{first}'] button"))
        browser.click("#task-back")
        browser.find(".task-files-count", "2 photos")
        self.handset.close()
        self.assertEqual(browser.errors(), [])

    def test_history(self):
        """The history is searched and paged at the center, follows what happens, and is saved as a file"""
        browser = self.browser
        for first in range(0, 105, 15):
            browser.run_async(CREATE_TASKS, first, first + 15)
        browser.click("#tasks .chip:last-child")
        browser.find("#history-list .task-title", "巡查水库 104")
        self.assertEqual(len(browser.all("#history-list .task")), 100)
        browser.click("#history-more")
        browser.find("#history-list .task-title", "巡查水库 0")
        browser.write("#history-find", "库 ３３")
        wait.until(lambda: len(browser.all("#history-list .task")) == 1, "the one that fits")
        browser.click("#history-list .task-head")
        browser.find("#task-detail", "巡查水库 33")
        browser.click("#task-cancel")
        browser.write("#cancel-dialog textarea", "下雨")
        browser.click("#cancel-dialog button[type=submit]")
        browser.find("#task-detail[data-state=cancelled]")
        browser.click("#task-back")
        browser.find("#history-list .state-chip", "Cancelled")
        table, places = browser.run_async(
            """
            const [done] = arguments;
            const fetched = [...document.querySelectorAll('#history a[download]')].map(async (link) => (await fetch(link.href)).text());
            Promise.all(fetched).then(done);
            """
        )
        self.assertEqual(len(table.strip().split("\r\n")), 2)
        self.assertIn("下雨", table)
        self.assertEqual([one["properties"]["state"] for one in json.loads(places)["features"]], ["cancelled"])
        browser.write("#history-find", "nobody wrote this")
        browser.find("#history", "No task fits.")
        browser.click("#tasks .chip:first-child")
        browser.find("#task-list .task-title", "巡查水库 104")

    def test_thousands_on_the_map(self):
        """Thousands of terminals are a few marks with numbers, which lead to each one; the selected one stands alone"""
        browser = self.browser
        self.addCleanup(self.fill_center, NOBODY)
        self.fill_center(THOUSANDS)
        browser.open(self.center.url)
        browser.click("#map-all")

        def count():
            numbers = [int(text) for text in browser.run(CLUSTERS)]
            return sum(numbers) + len(browser.all("#map .unit")), len(numbers)

        wait.until(lambda: count()[0] == 3000 and 1 < count()[1] < 400, lambda: f"clusters of all; {count()}")
        before = count()[1]
        self.assertTrue(browser.all("#map .cluster[data-standing=lost]"))
        browser.write("#terminals input[type=search]", "Worker 1234")
        browser.click(".terminal-head", "Worker 1234")
        browser.find("#map .unit[data-selected]", "Worker 1234")
        browser.run("document.querySelector('#map .gc-marker:has(.cluster)').click()")
        wait.until(lambda: count()[0] < 3000 and count()[1] != before, "what is in the cluster")

    def test_sos(self):
        """A call for help is over everything, on the map too, until it is seen, and there until it is over"""
        browser = self.browser
        self.fill_center(SOS)
        browser.open(self.center.url)
        browser.find("#sos .sos-call[data-state=open]", "Battery 42 %")
        self.assert_harmless("#sos .sos-worker")
        self.assertTrue(browser.run("return document.title").startswith("SOS"))
        browser.find("#map .unit[data-sos]")
        browser.screenshot(self.stage.logs / "sos.png")
        self.tab_to("#sos [data-action=seen]")
        self.press(Keys.ENTER)
        browser.find("#sos .sos-call[data-state=seen]", f"Seen by {USER}")
        self.assertFalse(browser.run("return document.title").startswith("SOS"))
        browser.click("#sos [data-action=find]")
        browser.find("#map .unit[data-sos][data-selected]")
        browser.click("#sos [data-action=end]")
        browser.click("#sos-dialog button[type=submit]")
        browser.gone("#sos")
        browser.click("#audit")
        browser.find("#audit-dialog", "SOS ended")
        self.press(Keys.ESCAPE)

    def test_hostile_text(self):
        """Whatever anybody types is shown as text, wherever it appears"""
        browser = self.browser
        self.assert_harmless(".terminal-name")
        browser.click("#new-task")
        browser.click("#task-form select[name=terminal] option:nth-child(2)")
        browser.write("#task-form input[name=title]", HOSTILE)
        browser.write("#task-form textarea[name=description]", HOSTILE)
        browser.write("#task-form input[name=place]", "30.5728, 114.2793")
        browser.write("#task-form input[name=place-name]", HOSTILE)
        browser.click("#task-send")
        for selector in (".detail-title", ".detail-text", "#task-detail .facts"):
            self.assert_harmless(selector)
        browser.click("#task-detail .link")
        browser.find("#map .place")
        browser.click("#task-cancel")
        self.assert_harmless("#cancel-dialog .dialog-text")
        browser.click("#cancel-dialog button[type=submit]")
        browser.find("#cancel-dialog .field-error", "fill this in")
        browser.write("#cancel-dialog textarea", HOSTILE)
        browser.click("#cancel-dialog button[type=submit]")
        browser.find("#task-detail[data-state=cancelled]")
        self.assert_harmless("#task-history .step-note")
        browser.click("#task-back")
        browser.click("#tasks .chip:last-child")
        self.assert_harmless(".task-title")
        browser.click("#audit")
        self.assert_harmless("#audit-rows")

    def test_keyboard_alone(self):
        """A task is sent to a place on the map, and cancelled, with the keyboard alone"""
        browser = self.browser
        browser.run("document.activeElement.blur()")
        self.press(Keys.TAB)
        self.assertEqual(browser.driver.switch_to.active_element.text, "Skip to the terminals")
        self.press(Keys.ENTER)
        self.tab_to(".terminal-head")
        self.press(Keys.ENTER)
        self.tab_to("[data-action=task]")
        self.press(Keys.ENTER)
        self.assertEqual(browser.driver.switch_to.active_element.get_attribute("name"), "title")
        self.press("By keyboard")
        self.tab_to("[name=urgency]")
        self.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        self.tab_to("#place-pick")
        self.press(Keys.ENTER)
        self.assertEqual(browser.driver.switch_to.active_element.get_attribute("id"), "map-view")
        self.press(Keys.ENTER)
        wait.until(lambda: browser.find("[name=place]").get_attribute("value"), "the place under the cross")
        self.assertEqual(browser.driver.switch_to.active_element.get_attribute("id"), "place-pick")
        self.tab_to("#task-send")
        self.press(Keys.ENTER)
        browser.find("#task-detail", "By keyboard")
        browser.find("#task-detail .urgency", "Urgent")
        self.tab_to("#task-cancel")
        self.press(Keys.ENTER)
        self.press("No longer needed")
        self.tab_to("#cancel-dialog button[type=submit]")
        self.press(Keys.ENTER)
        browser.find("#task-detail[data-state=cancelled]")
        self.tab_to("#task-back", back=True)
        self.press(Keys.ENTER)
        browser.find("#new-task")

    def test_names(self):
        """Every control has a name; the page has its landmarks and one heading of first rank"""
        browser = self.browser
        browser.click(".terminal-head")
        browser.click("#new-task")
        # Not only what can be seen: a radio button lies under its label.
        controls = browser.run(PERCEIVED, "button, input, select, textarea, a[href], [tabindex], [role=application]")
        self.assertGreater(len(controls), 20)
        nameless = [element for element in controls if not element.accessible_name.strip()]
        self.assertEqual([element.get_attribute("outerHTML") for element in nameless], [])
        places = browser.run(PERCEIVED, "header, main, nav, section, article, [role=region]")
        seen = [(element.aria_role, element.accessible_name.strip()) for element in places]
        roles = [role for role, _ in seen]
        self.assertEqual([role for role, name in seen if role in ("region", "navigation") and not name], [])
        for landmark in ("banner", "main", "navigation"):
            self.assertEqual(roles.count(landmark), 1, landmark)
        self.assertLessEqual({"Terminals", "Map", "Live video", "New task"}, {name for role, name in seen if role == "region"})
        self.assertEqual(len(browser.all("h1")), 1)

    def test_language(self):
        """The language follows the browser, switches at once, and is remembered"""
        browser = self.browser
        browser.find("#terminals-title", "Terminals")
        browser.click("#language")
        browser.find("#terminals-title", "终端")
        self.assertEqual(browser.run("return document.documentElement.lang"), "zh-CN")
        browser.driver.refresh()
        browser.find("#new-task", "新建任务")
        browser.click("#language")
        browser.find("#new-task", "New task")
        chinese = browser.another("chinese", "zh-CN")
        chinese.open(self.center.url)
        chinese.find("#login button", "登录")
        chinese.quit()

    def test_center_goes_away(self):
        """A center that is away is said so; what happened meanwhile is there when it is back"""
        browser = self.browser
        self.center.program.stop()
        browser.find("#banner", "connection to the center is lost")
        self.center.start()
        browser.gone("#banner button", 30)
        browser.find(".terminal-name", "<img")


if __name__ == "__main__":
    tap.main()
