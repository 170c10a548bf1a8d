# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs tests inside CPython for WASI and prints what became of each: outcomes.py MODULE[:PATTERN]…

A line `@ ID OUTCOME REASON` each, OUTCOME being passed, failed or skipped, and one at the end that
says that it was reached. The working directory is a new one below /tmp. What takes a lot of disk,
time or a network is skipped, as CPython's own runner does it.
"""

import os
import sys
import traceback
import unittest

from test.support import os_helper

from test import support

support.use_resources = ()


class Outcomes(unittest.TestResult):
    failed = None

    def say(self, test, outcome, reason=""):
        print("@", test.id().replace(" ", "_"), outcome, reason.replace("\n", " "), flush=True)

    def fail(self, test, error):
        if self.failed != test.id():  # the other failing parts of the same test
            self.failed = test.id()
            self.say(test, "failed", "".join(traceback.format_exception_only(error[1])).strip())
            traceback.print_exception(error[1])

    def addSuccess(self, test):
        self.say(test, "passed")

    def addExpectedFailure(self, test, error):
        self.say(test, "passed", "as it fails, which it is marked for")

    def addSkip(self, test, reason):
        if not hasattr(test, "test_case"):  # no part of one that goes on
            self.say(test, "skipped", reason)

    def addUnexpectedSuccess(self, test):
        self.say(test, "failed", "it passed, and is marked for failure")

    addFailure = addError = fail

    def addSubTest(self, test, part, error):
        if error is not None:
            self.fail(test, error)


os.chdir("/tmp")
sys.path.append("/tmp")  # has gate.py
with os_helper.temp_cwd("cases"):
    for word in sys.argv[1:]:
        module, _, pattern = word.partition(":")
        loader = unittest.TestLoader()
        loader.testNamePatterns = [pattern or "*"]
        loader.loadTestsFromName(module).run(Outcomes())
print("@ end")
