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

constexpr bool is_nanosecond(long tv_nsec) {
  return static_cast<uint32_t>(tv_nsec) < nanoseconds_per_second;
}

constexpr wit::new_timestamp new_timestamp_of(const timespec &time) {
  const auto tag = is_nanosecond(time.tv_nsec)  ? wit::new_timestamp_tag::timestamp
                   : time.tv_nsec == UTIME_OMIT ? wit::new_timestamp_tag::no_change
                                                : wit::new_timestamp_tag::now;
  return {tag, static_cast<uint64_t>(time.tv_sec), static_cast<uint32_t>(time.tv_nsec)};
}

// utimensat(2): tv_sec counts for nothing beside UTIME_NOW and UTIME_OMIT. wasi:clocks counts
// unsigned seconds, so a time before 1970, huge once unsigned, is later than any `latest`.
constexpr bool in_range(const timespec &time, const wit::datetime &latest) {
  if (!is_nanosecond(time.tv_nsec)) {
    return time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT;
  }
  const auto seconds = static_cast<uint64_t>(time.tv_sec);
  return seconds < latest.seconds || (seconds == latest.seconds &&
                                      static_cast<uint32_t>(time.tv_nsec) <= latest.nanoseconds);
}

inline constexpr timespec both_now[2] = {{.tv_sec = 0, .tv_nsec = UTIME_NOW},
                                         {.tv_sec = 0, .tv_nsec = UTIME_NOW}};

// `latest` is the last time that the way to the host can carry.
constexpr new_times new_times_of(const timespec *times, const wit::datetime &latest) {
  if (times == nullptr) {
    times = both_now;
  }
  return {new_timestamp_of(times[0]), new_timestamp_of(times[1]),
          in_range(times[0], latest) && in_range(times[1], latest)};
}

} // namespace wasi_utimens
