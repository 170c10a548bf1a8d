// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("futimens: one member is set and the other left by UTIME_OMIT") {
  const files f;
  const opened fd(f.file, O_RDWR);
  CHECK_SETS(fd, f.file, futimens(fd, times{{wanted.pair[0], omit}}),
             (times{{wanted.pair[0], old.pair[1]}}));
  make_old(f.file);
  CHECK_SETS(fd, f.file, futimens(fd, times{{omit, wanted.pair[1]}}),
             (times{{old.pair[0], wanted.pair[1]}}));
}

TEST_CASE("futimens: UTIME_NOW in either member, beside the other kinds") {
  const files f;
  const opened fd(f.file, O_RDWR);
  const bool supported = wasi_utimens_fd_support(fd) != 0;
  for (const auto &other : {omit, wanted.pair[0], now}) {
    for (const int member : {0, 1}) {
      CAPTURE(text_of(other), member);
      make_old(f.file);
      times pair{};
      pair.pair[member] = now;
      pair.pair[1 - member] = other;
      CHECK(OUTCOME(futimens(fd, pair)) == (supported ? succeeds : fails(ENOSYS)));
      if (!supported) {
        CHECK(times_of(f.file) == old);
        continue;
      }
      const times result = times_of(f.file);
      CHECK(is_now(result.pair[member]));
      if (other.tv_nsec == UTIME_NOW) {
        CHECK(is_now(result.pair[1 - member]));
      } else {
        const timespec kept = other.tv_nsec == UTIME_OMIT ? old.pair[1 - member] : other;
        CHECK(text_of(result.pair[1 - member]) == text_of(kept));
      }
    }
  }
}

TEST_CASE("futimens: tv_sec beside UTIME_NOW and UTIME_OMIT is ignored") {
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const time_t garbage : {time_t(-1), time_t(1), time_t(INT64_MIN), time_t(INT64_MAX)}) {
    CAPTURE(garbage);
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimens(fd, times{{{garbage, UTIME_OMIT}, wanted.pair[1]}}),
               (times{{old.pair[0], wanted.pair[1]}}));
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimens(fd, times{{wanted.pair[0], {garbage, UTIME_OMIT}}}),
               (times{{wanted.pair[0], old.pair[1]}}));
    make_old(f.file);
    const bool supported = wasi_utimens_fd_support(fd) != 0;
    CHECK(OUTCOME(futimens(fd, times{{{garbage, UTIME_NOW}, {garbage, UTIME_NOW}}})) ==
          (supported ? succeeds : fails(ENOSYS)));
    CHECK(is_now(times_of(f.file).pair[0]) == supported);
    CHECK(is_now(times_of(f.file).pair[1]) == supported);
  }
}

TEST_CASE("futimens: both UTIME_OMIT is success and nothing else, on any fd that is not negative") {
  const files f;
  const opened fd(f.file, O_RDWR);
  const opened directory(f.directory, O_RDONLY | O_DIRECTORY);
  for (const int number : {static_cast<int>(fd), static_cast<int>(directory), preopened(),
                           not_open[0], INT_MAX, STDOUT_FILENO}) {
    CAPTURE(number);
    CHECK(OUTCOME(futimens(number, both_omit)) == succeeds);
    CHECK(OUTCOME(futimens(number, times{{{-1, UTIME_OMIT}, {INT64_MAX, UTIME_OMIT}}})) ==
          succeeds);
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
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const auto &time :
       {timespec{0, 0}, timespec{0, 1}, timespec{0, 999'999'999}, timespec{1, 0}}) {
    CAPTURE(text_of(time));
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimens(fd, times{{time, wanted.pair[1]}}),
               (times{{time, wanted.pair[1]}}));
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimens(fd, times{{wanted.pair[0], time}}),
               (times{{wanted.pair[0], time}}));
  }
}

TEST_CASE("futimens: a time out of range is EINVAL in either member, beside any other") {
  const files f;
  const opened file(f.file, O_RDWR);
  const opened directory(f.directory, O_RDONLY | O_DIRECTORY);
  for (const auto &bad : bad_times) {
    for (const auto &other : {wanted.pair[0], now, omit}) {
      CAPTURE(bad.tv_sec, bad.tv_nsec, text_of(other));
      CHECK(OUTCOME(futimens(file, times{{bad, other}})) == fails(EINVAL));
      CHECK(OUTCOME(futimens(file, times{{other, bad}})) == fails(EINVAL));
      CHECK(OUTCOME(futimens(directory, times{{bad, other}})) == fails(EINVAL));
      CHECK(OUTCOME(futimens(directory, times{{other, bad}})) == fails(EINVAL));
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("futimens: times after 2038 and 2106") {
  const files f;
  const opened fd(f.file, O_RDWR);
  for (const time_t seconds : late_seconds) {
    CAPTURE(seconds);
    const times late{{{seconds, 123456789}, {seconds, 987654321}}};
    make_old(f.file);
    CHECK_SETS(fd, f.file, futimens(fd, late), late);
  }
}

TEST_CASE("futimens: the largest time is good, and kept as the host's filesystem can") {
  const files f;
  const opened fd(f.file, O_RDWR);
  const times both{{largest, largest}};
  CHECK_SETS(fd, f.file, futimens(fd, both), both);
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
