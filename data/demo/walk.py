#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes walk.nmea: ten minutes on foot along a reservoir's dam and shore, one fix a second."""
import math

POINTS = [(120.9712, 28.9041), (120.9731, 28.9052), (120.9756, 28.9056), (120.9771, 28.9043),
          (120.9768, 28.9024), (120.9743, 28.9017), (120.9720, 28.9026), (120.9712, 28.9041)]
METRES = 111195.0


def checked(body):
    total = 0
    for character in body:
        total ^= ord(character)
    return f"${body}*{total:02X}"


def angle(degrees, width):
    whole = int(abs(degrees))
    return f"{whole:0{width}d}{(abs(degrees) - whole) * 60:08.5f}"


def position(distance):
    for (lon, lat), (lon2, lat2) in zip(POINTS, POINTS[1:]):
        east = (lon2 - lon) * METRES * math.cos(math.radians(lat))
        north = (lat2 - lat) * METRES
        length = math.hypot(east, north)
        if distance <= length:
            share = distance / length
            return lon + (lon2 - lon) * share, lat + (lat2 - lat) * share, math.degrees(math.atan2(east, north)) % 360
        distance -= length
    return (*POINTS[-1], 0.0)


distance = 0.0
for second in range(600):
    speed = 1.35 + 0.25 * math.sin(second / 17)
    lon, lat, bearing = position(distance % 1560)
    time = f"{1 + second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}.00"
    north, east = angle(lat, 2), angle(lon, 3)
    hdop = 0.9 + 0.4 * math.sin(second / 29) ** 2
    print(checked(f"GPGGA,{time},{north},N,{east},E,1,10,{hdop:.1f},62.0,M,8.0,M,,"))
    print(checked(f"GPRMC,{time},A,{north},N,{east},E,{speed / 0.514444:.2f},{bearing:.1f},241126,,,A"))
    distance += speed
