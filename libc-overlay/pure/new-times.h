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

  constexpr bool both_no_change() const {
    return access.tag == wit::new_timestamp_tag::no_change &&
           modification.tag == wit::new_timestamp_tag::no_change;
  }
};

// A nanosecond count, or UTIME_NOW, or UTIME_OMIT; anything else reads as a timestamp and is out
// of range.
constexpr wit::new_timestamp_tag tag_of(long tv_nsec) {
  return tv_nsec == UTIME_NOW    ? wit::new_timestamp_tag::now
         : tv_nsec == UTIME_OMIT ? wit::new_timestamp_tag::no_change
                                 : wit::new_timestamp_tag::timestamp;
}

constexpr wit::new_timestamp new_timestamp_of(const timespec &time) {
  return {tag_of(time.tv_nsec), static_cast<uint64_t>(time.tv_sec),
          static_cast<uint32_t>(time.tv_nsec)};
}

// utimensat(2): tv_sec counts for nothing beside UTIME_NOW and UTIME_OMIT. wasi:clocks counts
// unsigned seconds, so a time before 1970, huge once unsigned, is later than any `latest`.
constexpr bool in_range(const wit::new_timestamp &time, const wit::datetime &latest) {
  return time.tag != wit::new_timestamp_tag::timestamp ||
         (time.nanoseconds < nanoseconds_per_second &&
          (time.seconds < latest.seconds ||
           (time.seconds == latest.seconds && time.nanoseconds <= latest.nanoseconds)));
}

// NULL: both now. `latest` is the last time that the way to the host can carry.
constexpr new_times new_times_of(const timespec *times, const wit::datetime &latest) {
  if (times == nullptr) {
    constexpr wit::new_timestamp now = {wit::new_timestamp_tag::now, 0, 0};
    return {now, now, true};
  }
  const auto access = new_timestamp_of(times[0]);
  const auto modification = new_timestamp_of(times[1]);
  return {access, modification, in_range(access, latest) && in_range(modification, latest)};
}

} // namespace wasi_utimens
