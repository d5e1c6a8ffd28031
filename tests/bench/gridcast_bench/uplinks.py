# SPDX-License-Identifier: GPL-3.0-or-later
"""A handset with Wi-Fi and LTE, the real NetworkManager on it, and the way to a server.

    handset ── up0 ─ wan0 ── gcb-wifi ── emulated link ─┐
       │                                               core ── server
       └────── up1 ─ wan1 ── gcb-lte ─── emulated link ─┘
"""

import dataclasses
import os
import subprocess

from gridcast_e2e import wait

from .link import Link, inside, ip, make_namespace
from .output import ROOT

HANDSET, CORE, SERVER = "gcb-handset", "gcb-core", "gcb-server"
CORE_ADDRESS, SERVER_ADDRESS = "203.0.113.1", "203.0.113.10"
PREFIX = 24
BESIDE = ROOT / "tests/support/beside-network-manager.sh"
# Routers let nobody speak under an address that is not theirs; desktops are not that strict.
STRICT, LOOSE = 1, 2


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    number: int
    network: str
    metric: int
    metered: str
    spec: str

    @property
    def namespace(self):
        return f"gcb-{self.name}"

    @property
    def near(self):
        return f"up{self.number}"

    @property
    def far(self):
        return f"wan{self.number}"


WIFI = Kind("wifi", 0, "192.0.2", 100, "no", "rate=20000000,delay=5,queue=300000")
LTE = Kind("lte", 1, "198.51.100", 200, "yes", "rate=5000000,delay=30,queue=300000")


def set_kernel(namespace, name, value):
    command = inside(namespace, ["sh", "-c", 'echo "$1" > "/proc/sys/net/ipv4/$0"', name, str(value)])
    subprocess.run(command, check=True, timeout=20)


def give_address(namespace, interface, address):
    ip("-n", namespace, "address", "add", f"{address}/{PREFIX}", "dev", interface)
    ip("-n", namespace, "link", "set", interface, "up")


def join(namespace, interface, other, other_interface):
    ip("-n", namespace, "link", "add", interface, "type", "veth", "peer", "name", other_interface, "netns", other)


class Uplink:
    """One of the two: a router and the link behind it. The handset's end is NetworkManager's to set."""

    def __init__(self, stage, kind):
        self.kind = kind
        make_namespace(stage, kind.namespace)
        set_kernel(kind.namespace, "ip_forward", 1)
        join(HANDSET, kind.near, kind.namespace, kind.far)
        set_kernel(kind.namespace, f"conf/{kind.far}/rp_filter", STRICT)
        give_address(kind.namespace, kind.far, f"{kind.network}.1")
        left, right = f"10.77.{kind.number}.1", f"10.77.{kind.number}.2"
        self.link = Link(
            stage, (kind.namespace, "tun", f"{left}/{PREFIX}"), (CORE, f"tun-{kind.name}", f"{right}/{PREFIX}"),
            kind.spec, kind.spec, name=kind.name,
        )  # fmt: skip
        ip("-n", kind.namespace, "route", "add", "default", "via", right)
        # What comes for the handset while it is away ends here, instead of going back where it came from.
        ip("-n", kind.namespace, "route", "add", "blackhole", f"{kind.network}.0/{PREFIX}", "metric", "1000")
        ip("-n", CORE, "route", "add", f"{kind.network}.0/{PREFIX}", "via", left)

    def set_carrier(self, up):
        ip("-n", self.kind.namespace, "link", "set", self.kind.far, "up" if up else "down")

    def set_path(self, up):
        """Without it all that is sent is lost, and nobody is told."""
        self.link.order("mend" if up else "cut")


class Handset:
    """The networks, and NetworkManager once it is started."""

    def __init__(self, stage):
        self._stage = stage
        for namespace in (HANDSET, CORE, SERVER):
            make_namespace(stage, namespace)
        set_kernel(HANDSET, "conf/all/rp_filter", LOOSE)
        set_kernel(CORE, "ip_forward", 1)
        join(CORE, "core", SERVER, "eth")
        give_address(CORE, "core", CORE_ADDRESS)
        give_address(SERVER, "eth", SERVER_ADDRESS)
        ip("-n", SERVER, "route", "add", "default", "via", CORE_ADDRESS)
        self.wifi, self.lte = Uplink(stage, WIFI), Uplink(stage, LTE)
        self.environment = {}

    def start_manager(self, check):
        """check: the address by which NetworkManager knows whether a path is alive."""
        folder = self._stage.make_folder("network-manager")
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"}
        own = "mount -t sysfs -o ro sysfs /sys && mount -t tmpfs tmpfs /run && exec " + '"$0" "$@"'
        manager = inside(
            HANDSET, ["sh", "-c", own, BESIDE, folder, check, "sh", "-c", "exec $NETWORK_MANAGER"]
        )
        # The address of the bus comes from the script.
        program = self._stage.start("network-manager", manager)

        def answers():
            if not program.running:
                raise RuntimeError(f"NetworkManager ended:\n{program.tail()}")
            return self._nmcli("general", check=False) == 0

        wait.until(answers, "NetworkManager to answer")
        for uplink in (self.wifi, self.lte):
            self._connect(uplink.kind)

    def _nmcli(self, *words, check=True):
        return subprocess.run(
            ["nmcli", *words], check=check, timeout=30, env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL,
        ).returncode  # fmt: skip

    def _connect(self, kind):
        self._nmcli("device", "set", kind.near, "managed", "yes")
        self._nmcli(
            "connection", "add", "type", "ethernet", "ifname", kind.near, "con-name", kind.name,
            "ipv4.method", "manual", "ipv4.addresses", f"{kind.network}.7/{PREFIX}",
            "ipv4.gateway", f"{kind.network}.1", "ipv4.route-metric", str(kind.metric),
            "ipv6.method", "disabled", "connection.metered", kind.metered,
        )  # fmt: skip
        self._nmcli("connection", "up", kind.name)
