// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("futimes: microseconds at their bounds, in either member") {
  const open_files f;
  check_good_microseconds(
      f, [&](const timeval *tv) { return futimes(f.fd, tv); }, is_supported(f.fd));
}

TEST_CASE("futimes: tv_usec out of range is EINVAL in either member") {
  const open_files f;
  for (const int fd : fds{f.fd, f.dirfd}) {
    check_bad_microseconds(f, [=](const timeval *tv) { return futimes(fd, tv); });
    check_bad_microseconds(f, [=](const timeval *tv) { return futimesat(fd, nullptr, tv); });
  }
}

TEST_CASE("futimes: tv_sec out of range is EINVAL in either member") {
  const open_files f;
  for (const time_t seconds : {time_t(-1), time_t(-4294967295), time_t(INT64_MIN)}) {
    for (const auto &pair : in_each_member({{seconds, 0}, {seconds, 999999}}, {timeval{8, 0}})) {
      CAPTURE(seconds);
      CHECK(OUTCOME(futimes(f.fd, pair)) == fails(EINVAL));
    }
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
  const open_files f;
  for (const suseconds_t microseconds : {suseconds_t(UTIME_NOW), suseconds_t(UTIME_OMIT)}) {
    CAPTURE(microseconds);
    const timeval both[2] = {{7, microseconds}, {8, microseconds}};
    CHECK(OUTCOME(futimes(f.fd, both)) == fails(EINVAL));
    CHECK(OUTCOME(futimes(no_fd, both)) == fails(EBADF));
  }
  CHECK(f.untouched());
}
