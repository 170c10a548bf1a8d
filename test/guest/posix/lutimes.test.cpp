// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("lutimes: microseconds at their bounds, in either member") {
  const files f;
  check_good_microseconds(f, [&](const timeval *tv) { return lutimes(f.file.c_str(), tv); });
}

TEST_CASE("lutimes: tv_usec out of range is EINVAL in either member, and none means now or omit") {
  const files f;
  check_bad_microseconds(f, [&](const timeval *tv) { return lutimes(f.file.c_str(), tv); });
}

TEST_CASE("lutimes: the link itself, never the file it refers to") {
  const files f;
  CHECK(OUTCOME(lutimes(f.link.c_str(), timevals_of(exact_microseconds))) == succeeds);
  CHECK(times_of(f.link) == exact_microseconds);
  CHECK(f.untouched(f.link));
  make_old(f.link);
  CHECK(OUTCOME(lutimes(f.link.c_str(), nullptr)) == succeeds);
  CHECK(times_of(f.link) == both_now);
  CHECK(f.untouched(f.link));
}
