// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("futimesat: a path relative to a directory, links followed") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  const timeval pair[2] = {{7, 8}, {9, 10}};
  CHECK(OUTCOME(futimesat(top, "link", pair)) == succeeds);
  CHECK(times_of(f.file) == times{{{7, 8000}, {9, 10000}}});
  CHECK(f.untouched(f.file));
  CHECK(OUTCOME(futimesat(top, "directory/inner", nullptr)) == succeeds);
  CHECK(times_of(f.inner) == both_now);
}

TEST_CASE("futimesat: a dirfd that is not open, no file, or no directory, beside a relative path") {
  const files f;
  const opened file(f.file, O_RDWR);
  const timeval pair[2] = {{7, 8}, {9, 10}};
  CHECK(OUTCOME(futimesat(not_open[0], "file", pair)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(-1, "file", pair)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(STDOUT_FILENO, "file", pair)) == fails(ENOTDIR));
  CHECK(OUTCOME(futimesat(file, "file", pair)) == fails(ENOTDIR));
  CHECK(f.untouched());
  CHECK(OUTCOME(futimesat(-1, f.file.c_str(), pair)) == succeeds);
  CHECK(times_of(f.file) == times{{{7, 8000}, {9, 10000}}});
}

TEST_CASE("futimesat: microseconds at their bounds and beyond, in either member") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  const auto set = [&](const timeval *tv) { return futimesat(top, "file", tv); };
  check_bad_microseconds(f, set);
  check_good_microseconds(f, set);
}

TEST_CASE("futimesat, order: an empty path, then dirfd, then the path's bytes, then the times") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  const timeval bad[2] = {{7, -1}, {9, 10}};
  CHECK(OUTCOME(futimesat(not_open[0], "", bad)) == fails(ENOENT));
  CHECK(OUTCOME(futimesat(not_open[0], "\xFF", bad)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(STDOUT_FILENO, "\xFF", bad)) == fails(ENOTDIR));
  CHECK(OUTCOME(futimesat(top, "\xFF", bad)) == fails(EILSEQ));
  CHECK(OUTCOME(futimesat(top, "missing", bad)) == fails(EINVAL));
  CHECK(OUTCOME(futimesat(AT_FDCWD, nullptr, bad)) == fails(EFAULT));
  CHECK(OUTCOME(futimesat(not_open[0], nullptr, bad)) == fails(EBADF));
}
