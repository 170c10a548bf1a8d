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
struct new_timestamps {
  wit::new_timestamp access;
  wit::new_timestamp modification;
  bool in_range; // false: EINVAL, unless an error that comes earlier in the order applies
};

// POSIX: nothing to do, whatever else the call says.
constexpr bool both_omitted(const timespec *times) {
  return times != nullptr && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT;
}

// Fills in `result`; false where the time is out of range.
//
// utimensat(2): tv_sec is ignored beside UTIME_NOW and UTIME_OMIT. wasi:clocks counts unsigned
// seconds; a time before 1970, huge once unsigned, is later than any `first_unrepresentable`.
constexpr bool convert(const timespec &time, const wit::datetime &first_unrepresentable,
                       wit::new_timestamp &result) {
  const auto seconds = static_cast<uint64_t>(time.tv_sec);
  const auto nanoseconds = static_cast<uint32_t>(time.tv_nsec);
  result = {wit::new_timestamp_tag::timestamp, seconds, nanoseconds};
  if (nanoseconds < nanoseconds_per_second) {
    return seconds < first_unrepresentable.seconds ||
           (seconds == first_unrepresentable.seconds &&
            nanoseconds < first_unrepresentable.nanoseconds);
  }
  result.tag =
      time.tv_nsec == UTIME_NOW ? wit::new_timestamp_tag::now : wit::new_timestamp_tag::no_change;
  return time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT;
}

// What NULL stands for.
inline constexpr new_timestamps both_now = {.access = {wit::new_timestamp_tag::now, 0, 0},
                                            .modification = {wit::new_timestamp_tag::now, 0, 0},
                                            .in_range = true};

constexpr new_timestamps new_timestamps_of(const timespec *times,
                                           const wit::datetime &first_unrepresentable) {
  if (times == nullptr) {
    return both_now;
  }
  new_timestamps result = {};
  result.in_range = convert(times[0], first_unrepresentable, result.access) &&
                    convert(times[1], first_unrepresentable, result.modification);
  return result;
}

} // namespace wasi_utimens
