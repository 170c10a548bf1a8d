# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A handful of mutants that once survived: each must be killed."""

import sys

from tree import ROOT, Mutant, Tree

LISTED = [
    (
        "libc-overlay/generation/host-descriptor.h",
        "fstat(entry->data, &status) == 0 && ",
        "fstat(entry->data, &status) == 0 || ",
    ),
    ("libc-overlay/generation/host-descriptor.h", "S_ISDIR(", "!S_ISREG("),
    ("libc-overlay/generation/preview1.h", "descriptor_table_get_ref != nullptr && ", ""),
    ("libc-overlay/pure/utf8.h", "page_size = 0x10000;", "page_size = 0x20000;"),
    ("libc-overlay/posix/utimensat.cpp", "char buffer[PATH_MAX];", "char buffer[PATH_MAX + 1];"),
    ("libc-overlay/posix/utimensat.cpp", "char buffer[PATH_MAX];", "char buffer[PATH_MAX - 1];"),
    ("libc-overlay/pure/errno-of.h", "index < sizeof errno_table", "index <= sizeof errno_table"),
]


def mutant(file: str, before: str, after: str) -> Mutant:
    lines = (ROOT / file).read_text().splitlines(keepends=True)
    [number] = [number for number, line in enumerate(lines, 1) if before in line]
    line = lines[number - 1]
    return Mutant(file, number, ("", ""), line, line.replace(before, after))


def main():
    tree = Tree("listed")
    survived = 0
    for words in LISTED:
        one = mutant(*words)
        verdict, by = tree.try_mutant(one, quick=True)
        survived += verdict != "killed"
        print(f"{verdict}: {one}" + (f"  [{by}]" if by else ""), flush=True)
    print(f"{len(LISTED) - survived} passed, {survived} failed")
    sys.exit(survived > 0)


if __name__ == "__main__":
    main()
