// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("utimes: microseconds at their bounds, in either member") {
  const files f;
  for (const long microseconds : good_microseconds) {
    CAPTURE(microseconds);
    const timeval first[2] = {{7, microseconds}, {8, 0}};
    CHECK(OUTCOME(utimes(f.file.c_str(), first)) == succeeds);
    CHECK(times_of(f.file) == times{{{7, microseconds * 1000}, {8, 0}}});
    const timeval second[2] = {{7, 0}, {8, microseconds}};
    CHECK(OUTCOME(utimes(f.file.c_str(), second)) == succeeds);
    CHECK(times_of(f.file) == times{{{7, 0}, {8, microseconds * 1000}}});
  }
}

TEST_CASE("utimes: tv_usec out of range is EINVAL in either member, and none means now or omit") {
  const files f;
  for (const suseconds_t microseconds : bad_microseconds) {
    CAPTURE(microseconds);
    const timeval first[2] = {{7, microseconds}, {8, 0}};
    const timeval second[2] = {{7, 0}, {8, microseconds}};
    const timeval both[2] = {{7, microseconds}, {8, microseconds}};
    CHECK(OUTCOME(utimes(f.file.c_str(), first)) == fails(EINVAL));
    CHECK(OUTCOME(utimes(f.file.c_str(), second)) == fails(EINVAL));
    CHECK(OUTCOME(utimes(f.file.c_str(), both)) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("utimes: the file that a link refers to, never the link") {
  const files f;
  const timeval pair[2] = {{7, 8}, {9, 10}};
  CHECK(OUTCOME(utimes(f.link.c_str(), pair)) == succeeds);
  CHECK(times_of(f.file) == times{{{7, 8000}, {9, 10000}}});
  CHECK(f.untouched(f.file));
}
