// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("utimes: microseconds at their bounds, in either member") {
  const files f;
  check_good_microseconds(f, [&](const timeval *tv) { return utimes(f.file.c_str(), tv); });
}

TEST_CASE("utimes: tv_usec out of range is EINVAL in either member, and none means now or omit") {
  const files f;
  check_bad_microseconds(f, [&](const timeval *tv) { return utimes(f.file.c_str(), tv); });
}

TEST_CASE("utimes: the file that a link refers to, never the link") {
  const files f;
  CHECK(OUTCOME(utimes(f.link.c_str(), timevals_of(exact_microseconds))) == succeeds);
  CHECK(times_of(f.file) == exact_microseconds);
  CHECK(f.untouched(f.file));
}
