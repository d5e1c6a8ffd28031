#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the benchmark's arithmetic:

- the strip is read back as the camera draws it, also when it turned over between its rows
- what is torn or faded is not taken for a picture
- the age is that of the newest picture on the screen, whatever arrives late
- the floor of a steady link is what can be worked out by hand, and an outage is part of it
- who cannot foresee a stall has old packets to deliver after it
- SSIM of a picture with itself is 1, and less the more it is disturbed; the strip does not count
- how long a link needs to be used, to settle, to show something fresh is found in a made-up run
"""

import pathlib
import tempfile
import unittest

import numpy
from gridcast_bench import figures, floor, machine, quality
from gridcast_e2e import tap

ALL = figures.ALL_BITS


def word_of(time_ms, number):
    return (time_ms << figures.FRAME_BITS | number) & ALL


class Figures(unittest.TestCase):
    def test_strip(self):
        """The strip tells when a picture was taken and which one it is"""
        for taken in (0, 1, 5_000_000, 8_388_600):
            word = word_of(taken, 376)
            self.assertEqual(figures.decode(word, word ^ ALL, taken + 90.5), (taken, 376))
        # The clock in the strip goes round every 2.3 hours.
        word = word_of(figures.TIME_RANGE - 10, 5)
        self.assertEqual(figures.decode(word, word ^ ALL, figures.TIME_RANGE + 40.0), (figures.TIME_RANGE - 10, 5))

    def test_strip_torn(self):
        """A strip that turned over between its rows counts, any other contradiction does not"""
        word = word_of(4095, 7)
        self.assertIsNotNone(figures.decode(word, word_of(4096, 7) ^ ALL, 4200.0))
        self.assertIsNone(figures.decode(word, word_of(4099, 7) ^ ALL, 4200.0))
        self.assertIsNone(figures.decode(word, word_of(4095, 8) ^ ALL, 4200.0))
        self.assertIsNone(figures.decode(0, 0, 4200.0))
        # From the future, or from long ago.
        self.assertIsNone(figures.decode(word, word ^ ALL, 4000.0))
        self.assertIsNone(figures.decode(word, word ^ ALL, 4095.0 + 2 * figures.AGE_MAX_MS))

    def test_ages(self):
        """The newest picture on the screen counts, a late one does not make it older"""
        shown = [(100, 50), (200, 150), (205, 90), (400, 380)]
        ages = dict(floor.sample_ages(shown, 100, 500))
        self.assertEqual(ages[100], 50)
        self.assertEqual(ages[190], 140)
        self.assertEqual(ages[200], 50)
        self.assertEqual(ages[210], 60)
        self.assertEqual(ages[390], 240)
        self.assertEqual(ages[400], 20)

    def test_floor(self):
        """The floor of a steady link is the delay, the sending, and the wait for the next picture"""
        departures = floor.make_trace(lambda at: 12_000_000, 10)
        self.assertAlmostEqual(len(departures) / 11, 1000, delta=2)
        arrivals, bits = floor.oracle(departures, 10, 20)
        self.assertAlmostEqual(bits / 10, 0.9 * 12_000_000, delta=400_000)
        ages = sorted(age for _, age in floor.sample_ages(arrivals, 3000, 10_000))
        self.assertTrue(45 <= ages[0] <= 55, ages[0])
        self.assertTrue(80 <= ages[-1] <= 90, ages[-1])

    def test_surprised(self):
        """Where a stall is not foreseen, what lies in the queue takes the first departures after it"""
        departures = [0, 10, 20, 1000, 2000, 3000, 3010, 4000, 4010, 4020, 4030, 5000]
        self.assertEqual(floor.surprised(departures), [0, 10, 20, 4000, 4010, 4020, 4030])
        steady = floor.make_trace(lambda at: 12_000_000, 1)
        self.assertEqual(floor.surprised(steady), steady)

    def test_floor_outage(self):
        """While nothing can be sent, the picture grows old for the oracle too"""
        departures = floor.make_trace(lambda at: 0 if 4000 <= at < 6000 else 12_000_000, 10)
        ages = floor.sample_ages(floor.oracle(departures, 10, 20)[0], 3000, 10_000)
        self.assertAlmostEqual(max(age for _, age in ages), 2050, delta=50)
        self.assertLess(dict(ages)[6100], 100)

    def test_ssim(self):
        """SSIM is 1 for the same picture and falls with noise; the strip's rows do not count"""
        rng = numpy.random.default_rng(7)
        first = rng.integers(0, 256, (720, 1280), dtype=numpy.uint8)

        def disturbed(strength):
            noise = rng.integers(-strength, strength + 1, first.shape)
            return numpy.clip(first.astype(int) + noise, 0, 255).astype(numpy.uint8)

        values = quality.compare([(first, first), (first, disturbed(10)), (first, disturbed(60))])
        self.assertEqual(len(values), 3)
        self.assertAlmostEqual(values[0], 1, places=4)
        self.assertGreater(values[1], values[2] + 0.02)

    def test_pictures(self):
        """Pictures that were kept are compared with the ones that their strips name, then deleted"""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            film_path = folder / "film.y4m"
            rng = numpy.random.default_rng(8)
            planes = [rng.integers(0, 256, (180, 320), dtype=numpy.uint8) for _ in range(3)]
            chroma = bytes([128]) * (320 * 180 // 2)
            with open(film_path, "wb") as file:
                file.write(b"YUV4MPEG2 C420 W320 H180 Ip F30:1 A1:1\n")
                for plane in planes:
                    file.write(b"FRAME\n" + plane.tobytes() + chroma)
            seen = planes[2].copy()
            seen[: 180 * quality.STRIP_ROWS // quality.STRIP_SHARE] = 0
            (folder / f"0000-{word_of(1000, 2)}-320x180.i420").write_bytes(seen.tobytes() + chroma)
            (folder / f"0001-{word_of(3000, 2)}-320x180.i420").write_bytes(planes[1].tobytes() + chroma)
            found = quality.measure(quality.Film(film_path), folder, 2000)
            self.assertEqual(found["ssim_pictures"], 2)
            self.assertAlmostEqual(found["ssim"], 0.5, delta=0.05)
            self.assertLess(found["ssim_warm_db"], 1)
            self.assertEqual(list(folder.glob("*.i420")), [])

    def make_notes(self, shown, seconds=20, wire=()):
        notes = figures.Notes.__new__(figures.Notes)
        vars(notes).update(seconds=seconds, shown=shown, wire=list(wire))
        return notes

    def test_events(self):
        """Times to settle and to something fresh are counted from the event"""
        # 30 fps at 100 ms of age, but from 10 s to 12.5 s the newest picture is that of 10 s.
        steady = [(at + 100, at) for at in range(0, 20_000, 33) if not 10_000 < at < 12_400]
        notes = self.make_notes(steady)
        self.assertAlmostEqual(figures.time_to_settle(notes, 10_000), 2.5, delta=0.05)
        self.assertAlmostEqual(figures.time_to_fresh_picture(notes, 10_020), 2.5, delta=0.05)
        self.assertEqual(figures.time_to_settle(self.make_notes([(1, 0)]), 10_000), None)
        self.assertIsNone(figures.time_to_fresh_picture(self.make_notes([(1, 0)]), 10_000))

    def test_use_of_link(self):
        """The link counts as used after the first second that fills 85 % of it"""
        # 1 Mbit/s for two seconds, then 2 Mbit/s, in steps of 50 ms.
        count, wire = 5000, []
        for at in range(0, 10_000, 50):
            wire.append((at, count))
            count += (125_000 if at < 2000 else 250_000) // 20
        notes = self.make_notes([], seconds=10, wire=wire)
        self.assertAlmostEqual(figures.time_to_use_link(notes, 2_000_000), 2.7, delta=0.11)
        self.assertIsNone(figures.time_to_use_link(notes, 3_000_000))
        self.assertAlmostEqual(notes.wire_bits(0, 2000), 2_000_000, delta=60_000)

    def test_busy(self):
        """A run is doubtful when others used the processors, or the camera woke up late"""
        calm = {"cpu_foreign": 0.01, "steal": 0.0, "camera_late_p99_ms": 1}
        self.assertFalse(machine.was_too_busy(calm))
        for key, value in {"cpu_foreign": 0.6, "steal": 0.5, "camera_late_p99_ms": 30}.items():
            self.assertTrue(machine.was_too_busy({**calm, key: value}))


if __name__ == "__main__":
    tap.main()
