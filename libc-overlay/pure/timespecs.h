// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The older calls' times as the timespecs that utimensat takes.
#pragma once

#include "new-timestamps.h"

#include <sys/time.h>
#include <utime.h>

namespace wasi_utimens {

// tv_usec is checked before it is multiplied. One that is out of range becomes a tv_nsec that is
// out of range, so that the call is refused where the order of errors says.
constexpr timespec timespec_of(const timeval &time) {
  constexpr long microseconds_per_second = 1'000'000;
  const bool in_range = time.tv_usec >= 0 && time.tv_usec < microseconds_per_second;
  const long nanoseconds = in_range ? static_cast<long>(time.tv_usec) * 1'000
                                    : static_cast<long>(nanoseconds_per_second);
  return {.tv_sec = time.tv_sec, .tv_nsec = nanoseconds};
}

// A pair of them, or NULL for a NULL.
class timespecs {
public:
  constexpr explicit timespecs(const timeval *times) : given(times != nullptr) {
    if (given) {
      pair[0] = timespec_of(times[0]);
      pair[1] = timespec_of(times[1]);
    }
  }

  constexpr explicit timespecs(const utimbuf *times) : given(times != nullptr) {
    if (given) {
      pair[0] = {.tv_sec = times->actime, .tv_nsec = 0};
      pair[1] = {.tv_sec = times->modtime, .tv_nsec = 0};
    }
  }

  constexpr const timespec *get() const { return given ? pair : nullptr; }

private:
  timespec pair[2];
  bool given;
};

} // namespace wasi_utimens
