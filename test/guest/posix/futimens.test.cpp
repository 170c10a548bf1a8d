// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

namespace {

// On a host with the primitive it sets them, and on one without it sets nothing.
void check_sets(const open_files &f, const times &pair) {
  CAPTURE(pair);
  make_old(f.file);
  CHECK_SETS(f.fd, f.file, futimens(f.fd, pair), after(pair));
}

} // namespace

TEST_CASE("futimens: one member is set and the other left by UTIME_OMIT") {
  const open_files f;
  check_sets(f, {{wanted.pair[0], omit}});
  check_sets(f, {{omit, wanted.pair[1]}});
}

TEST_CASE("futimens: UTIME_NOW in either member, beside the other kinds") {
  const open_files f;
  for (const auto &other : {omit, wanted.pair[0], now}) {
    for (const auto &pair : in_either_member(now, other)) {
      check_sets(f, pair);
    }
  }
}

TEST_CASE("futimens: tv_sec beside UTIME_NOW and UTIME_OMIT is ignored") {
  const open_files f;
  for (const time_t garbage : {time_t(-1), time_t(1), time_t(INT64_MIN), time_t(INT64_MAX)}) {
    check_sets(f, {{{garbage, UTIME_OMIT}, wanted.pair[1]}});
    check_sets(f, {{wanted.pair[0], {garbage, UTIME_OMIT}}});
    check_sets(f, {{{garbage, UTIME_NOW}, {garbage, UTIME_NOW}}});
  }
}

TEST_CASE("futimens: both UTIME_OMIT is success and nothing else, on any fd that is not negative") {
  const open_files f;
  for (const int fd : fds{f.fd, f.dirfd, preopened(), not_open[0], INT_MAX, STDOUT_FILENO}) {
    CAPTURE(fd);
    CHECK(OUTCOME(futimens(fd, both_omit)) == succeeds);
    CHECK(OUTCOME(futimens(fd, times{{{-1, UTIME_OMIT}, {INT64_MAX, UTIME_OMIT}}})) == succeeds);
  }
  CHECK(f.untouched());
}

TEST_CASE("futimens: a negative fd is EBADF before all else, AT_FDCWD too") {
  for (const int fd : negative) {
    CAPTURE(fd);
    CHECK(OUTCOME(futimens(fd, wanted)) == fails(EBADF));
    CHECK(OUTCOME(futimens(fd, nullptr)) == fails(EBADF));
    CHECK(OUTCOME(futimens(fd, both_omit)) == fails(EBADF));
    CHECK(OUTCOME(futimens(fd, out_of_range)) == fails(EBADF));
  }
}

TEST_CASE("futimens: nanoseconds and seconds at their bounds") {
  const open_files f;
  for (const auto &time :
       {timespec{0, 0}, timespec{0, 1}, timespec{0, 999'999'999}, timespec{1, 0}}) {
    for (const auto &pair : in_either_member(time, wanted.pair[1])) {
      check_sets(f, pair);
    }
  }
}

TEST_CASE("futimens: a time out of range is EINVAL in either member, beside any other") {
  const open_files f;
  for (const auto &bad : bad_times) {
    for (const auto &other : {wanted.pair[0], now, omit}) {
      for (const auto &pair : in_either_member(bad, other)) {
        CAPTURE(pair);
        CHECK(OUTCOME(futimens(f.fd, pair)) == fails(EINVAL));
        CHECK(OUTCOME(futimens(f.dirfd, pair)) == fails(EINVAL));
      }
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("futimens: times after 2038 and 2106") {
  const open_files f;
  for (const time_t seconds : late_seconds) {
    check_sets(f, {{{seconds, 123456789}, {seconds, 987654321}}});
  }
}

TEST_CASE("futimens: the largest time is good, and kept as the host's filesystem can") {
  const open_files f;
  check_sets(f, {{largest, largest}});
}

TEST_CASE("futimens: each good call is for itself") {
  const files f;
  const opened one(f.file, O_RDWR);
  const opened two(f.inner, O_RDONLY);
  CHECK_SETS(one, f.file, futimens(one, wanted), wanted);
  CHECK(OUTCOME(futimens(two, out_of_range)) == fails(EINVAL));
  CHECK(times_of(f.inner) == old);
  CHECK_SETS(two, f.inner, futimens(two, exact_seconds), exact_seconds);
  make_old(f.file);
  CHECK_SETS(one, f.file, futimens(one, exact_microseconds), exact_microseconds);
}
