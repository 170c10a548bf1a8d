// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

TEST_CASE("utime: access time and modification time, whole seconds") {
  const files f;
  for (const time_t seconds : {time_t(0), time_t(1), time_t(4294967296)}) {
    CAPTURE(seconds);
    const utimbuf pair = {.actime = seconds, .modtime = seconds + 5};
    CHECK(OUTCOME(utime(f.file.c_str(), &pair)) == succeeds);
    CHECK(times_of(f.file) == times{{{seconds, 0}, {seconds + 5, 0}}});
  }
}

TEST_CASE("utime: a time before 1970 is EINVAL in either member, and none means now or omit") {
  const files f;
  for (const time_t seconds : {time_t(-1), time_t(-2), time_t(-4294967296), time_t(INT64_MIN)}) {
    CAPTURE(seconds);
    const utimbuf first = {.actime = seconds, .modtime = 1};
    const utimbuf second = {.actime = 1, .modtime = seconds};
    const utimbuf both = {.actime = seconds, .modtime = seconds};
    CHECK(OUTCOME(utime(f.file.c_str(), &first)) == fails(EINVAL));
    CHECK(OUTCOME(utime(f.file.c_str(), &second)) == fails(EINVAL));
    CHECK(OUTCOME(utime(f.file.c_str(), &both)) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("utime: the largest time is good, and kept as the host's filesystem can") {
  const files f;
  const utimbuf pair = {.actime = largest.tv_sec, .modtime = largest.tv_sec};
  CHECK(OUTCOME(utime(f.file.c_str(), &pair)) == succeeds);
  CHECK(times_of(f.file) == times{{{largest.tv_sec, 0}, {largest.tv_sec, 0}}});
}
