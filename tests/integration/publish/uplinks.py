# SPDX-License-Identifier: GPL-3.0-or-later
"""A handset with two uplinks, in network namespaces.

    handset            street                       here
    up0 10.80.0.2 ──── wan0, bridge br0 10.80.0.1 ─┐
                                                   ├── 10.80.9.254 ──── 10.80.9.1
    up1 10.80.1.2 ──── wan1, bridge br1 10.80.1.1 ─┘

up0 is the better one. Whoever answers at 10.80.9.1 is in the namespace of the test. Needs
tests/support/in-own-network.sh."""

import subprocess

HERE = "10.80.9.1"
UPLINKS = (0, 1)


def ip(*words, namespace=None):
    inside = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *inside, *map(str, words)], check=True, timeout=20)


class Uplinks:
    def __init__(self):
        for name in ("handset", "street"):
            ip("netns", "add", name)
            ip("link", "set", "lo", "up", namespace=name)
        self.inside("street", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._lay("here", None, f"{HERE}/24", "yard", "street", "10.80.9.254/24")
        ip("route", "add", "default", "via", "10.80.9.254")
        for number in UPLINKS:
            self._add_uplink(number)

    def remove(self):
        ip("link", "delete", "here")
        for name in ("handset", "street"):
            ip("netns", "delete", name)

    def inside(self, namespace, *command):
        subprocess.run(["ip", "netns", "exec", namespace, *command], check=True, timeout=20)

    def _lay(self, near, near_space, near_address, far, far_space, far_address):
        """A cable with an address at each end."""
        ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", far_space, namespace=near_space)
        for name, space, address in ((near, near_space, near_address), (far, far_space, far_address)):
            if address:
                ip("address", "add", address, "dev", name, namespace=space)
            ip("link", "set", name, "up", namespace=space)

    def _add_uplink(self, number):
        # Its own address is none of a port's: what is sent to it ends at a port that has left it.
        address = ["address", f"02:00:00:00:00:0{number}"]
        ip("link", "add", f"br{number}", *address, "type", "bridge", "stp_state", 0, namespace="street")
        ip("address", "add", f"10.80.{number}.1/24", "dev", f"br{number}", namespace="street")
        ip("link", "set", f"br{number}", "up", namespace="street")
        self._lay(f"wan{number}", "street", None, f"up{number}", "handset", f"10.80.{number}.2/24")
        ip("link", "set", f"wan{number}", "master", f"br{number}", namespace="street")
        self.add_route(number)

    def close_to_udp(self, port):
        """As a firewall does that knows nothing of media: UDP only goes to and from this port here."""
        for interface in (*(f"br{number}" for number in UPLINKS), "yard"):
            rule = ["rule", "add", "iif", interface, "ipproto", "udp"]
            ends = ["sport"] if interface == "yard" else ["dport"]
            ip(*rule, *ends, port, "priority", 100, "lookup", "main", namespace="street")
            ip(*rule, "priority", 200, "blackhole", namespace="street")

    def open_to_udp(self):
        """No longer."""
        for _ in range(2 * (len(UPLINKS) + 1)):
            ip("rule", "delete", "ipproto", "udp", namespace="street")

    def command(self, *command):
        """Runs it on the handset."""
        return ["ip", "netns", "exec", "handset", *command]

    def add_route(self, number, metric=None):
        metric = (number + 1) * 100 if metric is None else metric
        ip("route", "add", "default", "via", f"10.80.{number}.1", "dev", f"up{number}", "metric", metric, namespace="handset")

    def remove_route(self, number):
        ip("route", "delete", "default", "dev", f"up{number}", namespace="handset")

    def pull(self, number):
        """The handset notices that the cable is out."""
        ip("link", "set", f"wan{number}", "down", namespace="street")

    def put_back(self, number):
        ip("link", "set", f"wan{number}", "up", namespace="street")

    def cut(self, number):
        """Nothing goes any more, and nothing on the handset tells."""
        ip("link", "set", f"wan{number}", "nomaster", namespace="street")

    def mend(self, number):
        ip("link", "set", f"wan{number}", "master", f"br{number}", namespace="street")

    def take_down(self, number):
        """As a modem that is switched off; its address and route are gone, too."""
        ip("link", "set", f"up{number}", "down", namespace="handset")

    def bring_up(self, number):
        ip("link", "set", f"up{number}", "up", namespace="handset")
        self.add_route(number)
