// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/timespecs.h"

#include <catch_amalgamated.hpp>

#include <limits.h>

using namespace wasi_utimens;

namespace {

bool is(const timespec &time, time_t seconds, long nanoseconds) {
  return time.tv_sec == seconds && time.tv_nsec == nanoseconds;
}

// As no timespec may be: no nanoseconds, and neither now nor omit.
bool is_refused(const timespec &time) {
  return time.tv_nsec != UTIME_NOW && time.tv_nsec != UTIME_OMIT &&
         (time.tv_nsec < 0 || time.tv_nsec > 999'999'999);
}

} // namespace

TEST_CASE("timespecs: NULL stays NULL") {
  CHECK(timespecs(static_cast<const timeval *>(nullptr)).get() == nullptr);
  CHECK(timespecs(static_cast<const utimbuf *>(nullptr)).get() == nullptr);
}

TEST_CASE("timespecs: a timeval's microseconds become nanoseconds, each in its place") {
  const timeval pair[2] = {{1, 2}, {3, 999'999}};
  const timespecs converted(pair);
  CHECK(is(converted.get()[0], 1, 2'000));
  CHECK(is(converted.get()[1], 3, 999'999'000));
}

TEST_CASE("timespecs: a timeval's seconds are kept as they are") {
  for (const time_t seconds :
       {time_t(0), time_t(-1), time_t(4294967296), time_t(INT64_MAX), time_t(INT64_MIN)}) {
    CAPTURE(seconds);
    CHECK(is(timespec_of({seconds, 0}), seconds, 0));
  }
}

TEST_CASE(
    "timespecs: microseconds out of range become nanoseconds out of range, never now or omit") {
  for (const suseconds_t bad :
       {suseconds_t(-1), suseconds_t(-2), suseconds_t(1'000'000), suseconds_t(INT_MAX),
        suseconds_t(4'294'967'296), suseconds_t(4'294'968), suseconds_t(18'446'744'073'709'552),
        suseconds_t(INT64_MAX), suseconds_t(INT64_MIN), suseconds_t(1LL << 61)}) {
    CAPTURE(bad);
    CHECK(is_refused(timespec_of({7, bad})));
  }
}

TEST_CASE("timespecs: a utimbuf's seconds, the access time first") {
  const utimbuf pair = {.actime = 11, .modtime = 12};
  const timespecs converted(&pair);
  CHECK(is(converted.get()[0], 11, 0));
  CHECK(is(converted.get()[1], 12, 0));
}
