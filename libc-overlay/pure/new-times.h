// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the times of a C call to WIT's new-timestamp.
#pragma once

#include "filesystem.h"

#include <sys/stat.h>
#include <time.h>

namespace wasi_utimens {

inline constexpr uint32_t nanoseconds_per_second = 1'000'000'000;

// The pair that one call asks for.
struct new_times {
  wit::new_timestamp access;
  wit::new_timestamp modification;
  bool in_range; // false: EINVAL, once nothing earlier is wrong
};

// POSIX: nothing to do, whatever else the call says.
constexpr bool both_omitted(const timespec *times) {
  return times != nullptr && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT;
}

// Fills in `result`; false where the time is out of range.
//
// utimensat(2): tv_sec counts for nothing beside UTIME_NOW and UTIME_OMIT. wasi:clocks counts
// unsigned seconds, so a time before 1970, huge once unsigned, comes after any `end`.
constexpr bool convert(const timespec &time, const wit::datetime &end, wit::new_timestamp &result) {
  const auto seconds = static_cast<uint64_t>(time.tv_sec);
  const auto nanoseconds = static_cast<uint32_t>(time.tv_nsec);
  result = {wit::new_timestamp_tag::timestamp, seconds, nanoseconds};
  if (nanoseconds < nanoseconds_per_second) {
    return seconds < end.seconds || (seconds == end.seconds && nanoseconds < end.nanoseconds);
  }
  result.tag =
      time.tv_nsec == UTIME_NOW ? wit::new_timestamp_tag::now : wit::new_timestamp_tag::no_change;
  return time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT;
}

// What NULL stands for.
inline constexpr new_times both_now = {.access = {wit::new_timestamp_tag::now, 0, 0},
                                       .modification = {wit::new_timestamp_tag::now, 0, 0},
                                       .in_range = true};

// `end` is the first time that the way to the host cannot carry.
constexpr new_times new_times_of(const timespec *times, const wit::datetime &end) {
  if (times == nullptr) {
    return both_now;
  }
  new_times result = {};
  result.in_range =
      convert(times[0], end, result.access) && convert(times[1], end, result.modification);
  return result;
}

} // namespace wasi_utimens
