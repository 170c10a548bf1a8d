// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/new-timestamps.h"

#include <catch_amalgamated.hpp>

#include <limits.h>
#include <stdint.h>

using namespace wasi_utimens;
using wit::new_timestamp_tag;

namespace {

constexpr wit::datetime first_unrepresentable = {1000, 500}; // to try the times around it

new_timestamps converted(const timespec &access, const timespec &modification) {
  const timespec pair[2] = {access, modification};
  return new_timestamps_of(pair, first_unrepresentable);
}

bool is_time(const wit::new_timestamp &time, uint64_t seconds, uint32_t nanoseconds) {
  return time.tag == new_timestamp_tag::timestamp && time.seconds == seconds &&
         time.nanoseconds == nanoseconds;
}

} // namespace

TEST_CASE("new-timestamps: NULL is now for both") {
  const auto times = new_timestamps_of(nullptr, first_unrepresentable);
  CHECK(times.in_range);
  CHECK(times.access.tag == new_timestamp_tag::now);
  CHECK(times.modification.tag == new_timestamp_tag::now);
}

TEST_CASE("new-timestamps: the first is the access time, the second the modification time") {
  const auto times = converted({1, 2}, {3, 4});
  CHECK(times.in_range);
  CHECK(is_time(times.access, 1, 2));
  CHECK(is_time(times.modification, 3, 4));
}

TEST_CASE("new-timestamps: UTIME_NOW and UTIME_OMIT in either member, with anything in tv_sec") {
  for (const time_t garbage :
       {time_t(0), time_t(-1), time_t(1000), time_t(INT64_MAX), time_t(INT64_MIN)}) {
    CAPTURE(garbage);
    auto times = converted({garbage, UTIME_NOW}, {3, 4});
    CHECK(times.in_range);
    CHECK(times.access.tag == new_timestamp_tag::now);
    CHECK(is_time(times.modification, 3, 4));
    times = converted({3, 4}, {garbage, UTIME_OMIT});
    CHECK(times.in_range);
    CHECK(is_time(times.access, 3, 4));
    CHECK(times.modification.tag == new_timestamp_tag::no_change);
    times = converted({garbage, UTIME_OMIT}, {garbage, UTIME_NOW});
    CHECK(times.in_range);
    CHECK(times.access.tag == new_timestamp_tag::no_change);
    CHECK(times.modification.tag == new_timestamp_tag::now);
  }
}

TEST_CASE("new-timestamps: nanoseconds are 0 to 999999999") {
  for (const long good : {0L, 1L, 999'999'999L}) {
    CAPTURE(good);
    CHECK(converted({1, good}, {1, 0}).in_range);
    CHECK(converted({1, 0}, {1, good}).in_range);
  }
  for (const long bad :
       {1'000'000'000L, 1'000'000'001L, LONG_MAX, -3L, -4L, -999'999'999L, LONG_MIN}) {
    CAPTURE(bad);
    for (const timespec &other :
         {timespec{1, 0}, timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}}) {
      CHECK(!converted({1, bad}, other).in_range);
      CHECK(!converted(other, {1, bad}).in_range);
    }
  }
}

TEST_CASE("new-timestamps: seconds below 0 are out of range, never wrapped or clamped") {
  for (const time_t bad : {time_t(-1), time_t(-2), time_t(-4294967296), time_t(INT64_MIN)}) {
    for (const long nanoseconds : {0L, 999'999'999L}) {
      CAPTURE(bad, nanoseconds);
      CHECK(!converted({bad, nanoseconds}, {1, 0}).in_range);
      CHECK(!converted({1, 0}, {bad, nanoseconds}).in_range);
    }
  }
  CHECK(converted({0, 0}, {0, 0}).in_range);
}

TEST_CASE("new-timestamps: the first time that cannot be represented is out of range") {
  CHECK(converted({1000, 499}, {1000, 499}).in_range);
  CHECK(converted({999, 999'999'999}, {999, 999'999'999}).in_range);
  for (const timespec &late : {timespec{1000, 500}, timespec{1000, 999'999'999}, timespec{1001, 0},
                               timespec{INT64_MAX, 0}}) {
    CAPTURE(late.tv_sec, late.tv_nsec);
    CHECK(!converted(late, {1, 0}).in_range);
    CHECK(!converted({1, 0}, late).in_range);
  }
}

TEST_CASE("new-timestamps: both are omitted only where both are UTIME_OMIT") {
  const timespec omit = {-7, UTIME_OMIT};
  const timespec both[2] = {omit, omit};
  CHECK(both_omitted(both));
  CHECK(!both_omitted(nullptr));
  for (const timespec &other : {timespec{0, 0}, timespec{0, UTIME_NOW}, timespec{-1, -3}}) {
    const timespec first[2] = {omit, other};
    const timespec second[2] = {other, omit};
    CHECK(!both_omitted(first));
    CHECK(!both_omitted(second));
  }
}

TEST_CASE("new-timestamps: NULL is no pair of times, though linear memory begins at address 0") {
  volatile uintptr_t address = 0; // so that the compiler does not know it
  auto *times = reinterpret_cast<timespec *>(address);
  const timespec before[2] = {times[0], times[1]};
  times[0].tv_nsec = times[1].tv_nsec = UTIME_OMIT;
  CHECK(!both_omitted(times));
  times[0] = before[0];
  times[1] = before[1];
}
