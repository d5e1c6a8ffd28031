# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the unittest cases of a test file and says what became of them as TAP."""

import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out = out
        self.broken = set()  # tests of which a part has failed

    def say(self, line):
        print(line, file=self.out, flush=True)

    def _line(self, word, test, directive=""):
        promise = test.shortDescription() or str(test)
        self.say(f"{word} {max(self.testsRun, 1)} - {promise}{directive}")

    def _explain(self, test, error):
        photograph = getattr(test, "photograph", None)
        if photograph:
            for picture in photograph():
                self.say(f"# see {picture}")
        for line in "".join(traceback.format_exception(*error)).splitlines():
            self.say(f"# {line}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._explain(test, err)
        self._line("not ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        self._explain(test, err)
        if isinstance(test, unittest.TestCase):
            self._line("not ok", test)
        else:
            # setUpClass failed: none of the class's tests ran.
            self.say(f"Bail out! {test}")

    def addSubTest(self, test, subtest, err):
        """One line for the test, however many of its parts fail."""
        super().addSubTest(test, subtest, err)
        if err:
            self.say(f"# {subtest}")
            self._explain(test, err)
            if test not in self.broken:
                self.broken.add(test)
                self._line("not ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("ok", test, f" # SKIP {reason}")


def main():
    """Call at the end of a test file; its arguments name single tests, as Class.test_promise."""
    module, load = sys.modules["__main__"], unittest.defaultTestLoader
    suite = load.loadTestsFromNames(sys.argv[1:], module) if sys.argv[1:] else load.loadTestsFromModule(module)
    result = TapResult(sys.stdout)
    result.say(f"1..{suite.countTestCases()}")
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
