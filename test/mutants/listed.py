# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A handful of mutants that once survived: each must be killed."""

import sys

from tree import ROOT, Mutant, Tree

HOST_DESCRIPTOR = "libc-overlay/generation/host-descriptor.h"
NO_FILE = "test/host/errors_test.py -k no_regular_file"
NO_SOCKETS = "test/host/link_test.py -k without_a_table_of_sockets"
LONG_PATH = "test/host/host_calls_test.py -k longest_path"

# The file, what one of its lines has, what it has in its place; and the test that is to tell, where that
# is none of Catch2's cases.
LISTED = [
    (HOST_DESCRIPTOR, "status) == 0 && ", "status) == 0 || ", None),
    (HOST_DESCRIPTOR, "S_ISDIR(", "!S_ISREG(", NO_FILE),
    ("libc-overlay/generation/preview1.h", "descriptor_table_get_ref != nullptr && ", "", NO_SOCKETS),
    ("libc-overlay/pure/utf8.h", "page_size = 0x10000;", "page_size = 0x20000;", None),
    ("libc-overlay/posix/utimensat.cpp", "char buffer[PATH_MAX];", "char buffer[PATH_MAX + 1];", LONG_PATH),
    ("libc-overlay/posix/utimensat.cpp", "char buffer[PATH_MAX];", "char buffer[PATH_MAX - 1];", LONG_PATH),
    ("libc-overlay/pure/errno-of.h", "index < sizeof", "index <= sizeof", None),
]


def mutant(file: str, before: str, after: str) -> Mutant:
    lines = (ROOT / file).read_text().splitlines(keepends=True)
    [number] = [number for number, line in enumerate(lines, 1) if before in line]
    line = lines[number - 1]
    return Mutant(file, number, ("", ""), line, line.replace(before, after))


def main():
    tree = Tree("listed")
    tree.check()
    survived = 0
    for file, before, after, words in LISTED:
        one = mutant(file, before, after)
        verdict, by = tree.try_mutant(one, quick=True, words=[words] if words else [])
        survived += verdict != "killed"
        print(f"{verdict}: {one}" + (f"  [{by}]" if by else ""), flush=True)
    print(f"{len(LISTED) - survived} passed, {survived} failed")
    sys.exit(survived > 0)


if __name__ == "__main__":
    main()
