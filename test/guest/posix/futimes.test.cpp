// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("futimes: microseconds at their bounds, in either member") {
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const long microseconds : good_microseconds) {
    CAPTURE(microseconds);
    const timeval first[2] = {{7, microseconds}, {8, 0}};
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimes(fd, first), (times{{{7, microseconds * 1000}, {8, 0}}}));
    const timeval second[2] = {{7, 0}, {8, microseconds}};
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimes(fd, second), (times{{{7, 0}, {8, microseconds * 1000}}}));
  }
}

TEST_CASE("futimes: tv_usec out of range is EINVAL in either member") {
  const files f;
  const opened file(f.file, O_RDWR);
  const opened directory(f.directory, O_RDONLY | O_DIRECTORY);
  for (const suseconds_t microseconds : bad_microseconds) {
    CAPTURE(microseconds);
    const timeval first[2] = {{7, microseconds}, {8, 0}};
    const timeval second[2] = {{7, 0}, {8, microseconds}};
    for (const int fd : {static_cast<int>(file), static_cast<int>(directory)}) {
      CHECK(OUTCOME(futimes(fd, first)) == fails(EINVAL));
      CHECK(OUTCOME(futimes(fd, second)) == fails(EINVAL));
      CHECK(OUTCOME(futimesat(fd, nullptr, first)) == fails(EINVAL));
      CHECK(OUTCOME(futimesat(fd, nullptr, second)) == fails(EINVAL));
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("futimes: tv_sec out of range is EINVAL in either member") {
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const time_t seconds : {time_t(-1), time_t(-4294967295), time_t(INT64_MIN)}) {
    CAPTURE(seconds);
    const timeval first[2] = {{seconds, 0}, {8, 0}};
    const timeval second[2] = {{7, 0}, {seconds, 999999}};
    CHECK(OUTCOME(futimes(fd, first)) == fails(EINVAL));
    CHECK(OUTCOME(futimes(fd, second)) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("futimes: a negative fd is EBADF before all else, AT_FDCWD too") {
  const timeval good[2] = {{7, 0}, {8, 0}};
  const timeval bad[2] = {{7, -1}, {-1, 0}};
  for (const int fd : negative) {
    CAPTURE(fd);
    CHECK(OUTCOME(futimes(fd, good)) == fails(EBADF));
    CHECK(OUTCOME(futimes(fd, bad)) == fails(EBADF));
    CHECK(OUTCOME(futimes(fd, nullptr)) == fails(EBADF));
  }
}

TEST_CASE("futimes: no tv_usec means now or omit") {
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const suseconds_t microseconds : {suseconds_t(UTIME_NOW), suseconds_t(UTIME_OMIT)}) {
    CAPTURE(microseconds);
    const timeval both[2] = {{7, microseconds}, {8, microseconds}};
    CHECK(OUTCOME(futimes(fd, both)) == fails(EINVAL));
    CHECK(OUTCOME(futimes(not_open[0], both)) == fails(EBADF));
  }
  CHECK(f.untouched());
}
