#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for NetworkManager, ModemManager and UPower on the system bus that the environment names.

Reads one command a line from stdin and answers each with “ok”; ends with stdin. Arguments are names
for the devices.

    network start|stop      a NetworkManager that has wlan0, wwan0 (metered) and eth0, and is starting
    metered IFACE NUMBER    as NetworkManager numbers it: 1 it is, 2 it is not
    primary IFACE|none      which of them carries the traffic; none: all are down
    local IFACE             it is up, but leads to no default route
    address IFACE ADDRESS   of IPv4
    strength PERCENT        of wlan0's access point
    modem start|stop        the ModemManager that wwan0 belongs to
    quality PERCENT         of its signal
    cell NUMBER             how it is registered there, as ModemManager numbers it: 1 at home, 5 roaming
    power start|stop        a UPower with a battery
    battery PERCENT STATE   STATE as UPower numbers it: 1 charging, 2 discharging, 4 full
"""
import subprocess
import sys

import dbus
import dbusmock

NM = "org.freedesktop.NetworkManager"
NM_PATH = "/org/freedesktop/NetworkManager"
MODEM_PATH = "/org/freedesktop/ModemManager1/Modem/7"
MODEM = "org.freedesktop.ModemManager1.Modem"
CELL = "org.freedesktop.ModemManager1.Modem.Modem3gpp"
BATTERY_PATH = "/org/freedesktop/UPower/devices/DisplayDevice"
# NetworkManager's number of the type of device, metered as it numbers that, profile type.
KINDS = ((2, 2, "802-11-wireless"), (8, 1, "gsm"), (1, 4, "802-3-ethernet"))
DEVICES = dict(zip(sys.argv[1:] or ("wlan0", "wwan0", "eth0"), KINDS))
NOTHING = dbus.ObjectPath("/")


def address_data(address):
    return dbus.Array([dbus.Dictionary({"address": address, "prefix": dbus.UInt32(24)}, signature="sv")],
                      signature="a{sv}")


class Services:
    def __init__(self):
        self.bus = dbus.SystemBus()
        self.spawned = {}

    def spawn(self, key, name, path, interface):
        process = dbusmock.DBusTestCase.spawn_server(name, path, interface, system_bus=True,
                                                      stdout=subprocess.DEVNULL)
        self.spawned[key] = (process, name)
        return self.object(name, path)

    def object(self, name, path):
        return dbus.Interface(self.bus.get_object(name, path), dbusmock.MOCK_IFACE)

    def stop(self, key):
        process, name = self.spawned.pop(key)
        process.terminate()
        process.wait()
        while self.bus.name_has_owner(name):
            pass

    def update(self, name, path, interface, **values):
        properties = dbus.Interface(self.bus.get_object(name, path), dbus.PROPERTIES_IFACE)
        for key, value in values.items():
            properties.Set(interface, key, value)

    # NetworkManager's objects stand below /org/freedesktop, where its object manager is.

    def add(self, path, interfaces):
        for interface, values in interfaces.items():
            values = dbus.Dictionary(values, signature="sv")
            if interface == next(iter(interfaces)):
                self.object(NM, "/org/freedesktop").AddObject(path, interface, values,
                                                              dbus.Array([], signature="(ssss)"))
            else:
                self.object(NM, path).AddProperties(interface, values)

    def add_device(self, iface, kind, metered, profile):
        config, active = f"{NM_PATH}/IP4Config/{iface}", f"{NM_PATH}/ActiveConnection/{iface}"
        device, point = f"{NM_PATH}/Devices/{iface}", f"{NM_PATH}/AccessPoint/{iface}"
        self.add(config, {f"{NM}.IP4Config": {"AddressData": address_data("192.0.2.7"), "Gateway": "192.0.2.1"}})
        self.add(active, {f"{NM}.Connection.Active": {
            "Devices": dbus.Array([dbus.ObjectPath(device)], signature="o"), "Type": profile, "Id": iface,
            "Uuid": "5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10", "State": dbus.UInt32(2), "Vpn": False,
            "Ip4Config": dbus.ObjectPath(config), "Connection": NOTHING, "SpecificObject": NOTHING}})
        kinds = {2: ("Wireless", {"ActiveAccessPoint": dbus.ObjectPath(point)}),
                 8: ("Modem", {"ModemCapabilities": dbus.UInt32(8)}), 1: ("Wired", {"Carrier": True})}
        name, values = kinds[kind]
        self.add(device, {f"{NM}.Device": {
            "DeviceType": dbus.UInt32(kind), "Interface": iface, "IpInterface": iface, "Managed": True,
            "State": dbus.UInt32(100), "Metered": dbus.UInt32(metered), "ActiveConnection": dbus.ObjectPath(active),
            "Ip4Config": dbus.ObjectPath(config), "Udi": MODEM_PATH if kind == 8 else f"/sys/{iface}"},
            f"{NM}.Device.{name}": values})
        if kind == 2:
            self.add(point, {f"{NM}.AccessPoint": {"Ssid": dbus.ByteArray(b"station"), "Strength": dbus.Byte(61)}})

    def start_network(self):
        root = self.spawn("network", NM, "/org/freedesktop", "org.freedesktop.DBus.ObjectManager")
        root.AddMethod("org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "", "a{oa{sa{sv}}}",
                       "ret = {dbus.ObjectPath(k): o.props for k, o in objects.items() if k != '/org/freedesktop'}")
        for iface, device in DEVICES.items():
            self.add_device(iface, *device)
        paths = [dbus.ObjectPath(f"{NM_PATH}/Devices/{iface}") for iface in DEVICES]
        self.add(NM_PATH, {NM: {
            "Version": "1.52.0", "NetworkingEnabled": True, "State": dbus.UInt32(20), "Connectivity": dbus.UInt32(1),
            "Devices": dbus.Array(paths, signature="o"), "AllDevices": dbus.Array(paths, signature="o"),
            "ActiveConnections": dbus.Array([], signature="o"), "PrimaryConnection": NOTHING,
            "ActivatingConnection": NOTHING, "Startup": True, "Metered": dbus.UInt32(0)}})

    def network(self, what):
        if what == "start":
            self.start_network()
        else:
            self.stop("network")

    def connect(self, iface, primary):
        active = [dbus.ObjectPath(f"{NM_PATH}/ActiveConnection/{iface}")] if iface != "none" else []
        self.update(NM, NM_PATH, NM, ActiveConnections=dbus.Array(active, signature="o"),
                    PrimaryConnection=active[0] if active and primary else NOTHING, Startup=False)

    def primary(self, iface):
        self.connect(iface, True)

    def local(self, iface):
        self.connect(iface, False)

    def metered(self, iface, number):
        self.update(NM, f"{NM_PATH}/Devices/{iface}", f"{NM}.Device", Metered=dbus.UInt32(int(number)))

    def address(self, iface, address):
        self.update(NM, f"{NM_PATH}/IP4Config/{iface}", f"{NM}.IP4Config", AddressData=address_data(address))

    def strength(self, percent):
        self.update(NM, f"{NM_PATH}/AccessPoint/wlan0", f"{NM}.AccessPoint", Strength=dbus.Byte(int(percent)))

    def modem(self, what):
        if what == "stop":
            self.stop("modem")
            return
        root = self.spawn("modem", "org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1",
                          "org.freedesktop.ModemManager1")
        values = dbus.Dictionary({"SignalQuality": dbus.Struct((dbus.UInt32(70), True), signature="ub")},
                                 signature="sv")
        root.AddObject(MODEM_PATH, MODEM, values, dbus.Array([], signature="(ssss)"))
        cell = dbus.Dictionary({"RegistrationState": dbus.UInt32(1)}, signature="sv")
        self.object("org.freedesktop.ModemManager1", MODEM_PATH).AddProperties(CELL, cell)

    def cell(self, number):
        self.update("org.freedesktop.ModemManager1", MODEM_PATH, CELL, RegistrationState=dbus.UInt32(int(number)))

    def quality(self, percent):
        self.update("org.freedesktop.ModemManager1", MODEM_PATH, MODEM,
                    SignalQuality=dbus.Struct((dbus.UInt32(int(percent)), True), signature="ub"))

    def power(self, what):
        if what == "stop":
            self.stop("power")
            return
        root = self.spawn("power", "org.freedesktop.UPower", "/org/freedesktop/UPower", "org.freedesktop.UPower")
        values = dbus.Dictionary({"Type": dbus.UInt32(2), "State": dbus.UInt32(2), "Percentage": 80.4}, signature="sv")
        root.AddObject(BATTERY_PATH, "org.freedesktop.UPower.Device", values, dbus.Array([], signature="(ssss)"))

    def battery(self, percent, state):
        self.update("org.freedesktop.UPower", BATTERY_PATH, "org.freedesktop.UPower.Device",
                    Percentage=float(percent), State=dbus.UInt32(int(state)))


def main():
    services = Services()
    for line in sys.stdin:
        name, *arguments = line.split()
        getattr(services, name)(*arguments)
        print("ok", flush=True)
    for key in list(services.spawned):
        services.stop(key)


main()
