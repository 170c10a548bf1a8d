// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("futimesat: a path relative to a directory, links followed") {
  const open_files f;
  CHECK(OUTCOME(futimesat(f.topfd, "link", timevals_of(exact_microseconds))) == succeeds);
  CHECK(times_of(f.file) == exact_microseconds);
  CHECK(f.untouched(f.file));
  CHECK(OUTCOME(futimesat(f.topfd, "directory/inner", nullptr)) == succeeds);
  CHECK(times_of(f.inner) == both_now);
}

TEST_CASE("futimesat: a dirfd that is not open, no file, or no directory, beside a relative path") {
  const open_files f;
  const timeval *pair = timevals_of(exact_microseconds);
  CHECK(OUTCOME(futimesat(no_fd, "file", pair)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(-1, "file", pair)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(STDOUT_FILENO, "file", pair)) == fails(ENOTDIR));
  CHECK(OUTCOME(futimesat(f.fd, "file", pair)) == fails(ENOTDIR));
  CHECK(f.untouched());
  CHECK(OUTCOME(futimesat(-1, f.file.c_str(), pair)) == succeeds);
  CHECK(times_of(f.file) == exact_microseconds);
}

TEST_CASE("futimesat: microseconds at their bounds and beyond, in either member") {
  const open_files f;
  const auto set = [&](const timeval *tv) { return futimesat(f.topfd, "file", tv); };
  check_bad_microseconds(f, set);
  check_good_microseconds(f, set);
}

TEST_CASE("futimesat, order: an empty path, then dirfd, then the path's bytes, then the times") {
  const open_files f;
  const timeval bad[2] = {{7, -1}, {9, 10}};
  CHECK(OUTCOME(futimesat(no_fd, "", bad)) == fails(ENOENT));
  CHECK(OUTCOME(futimesat(no_fd, "\xFF", bad)) == fails(EBADF));
  CHECK(OUTCOME(futimesat(STDOUT_FILENO, "\xFF", bad)) == fails(ENOTDIR));
  CHECK(OUTCOME(futimesat(f.topfd, "\xFF", bad)) == fails(EILSEQ));
  CHECK(OUTCOME(futimesat(f.topfd, "missing", bad)) == fails(EINVAL));
  CHECK(OUTCOME(futimesat(AT_FDCWD, nullptr, bad)) == fails(EFAULT));
  CHECK(OUTCOME(futimesat(no_fd, nullptr, bad)) == fails(EBADF));
}
