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
  for (const auto &pair :
       in_each_member({{-1, 0}, {-2, 0}, {-4294967296, 0}, {INT64_MIN, 0}}, {timespec{1, 0}})) {
    CAPTURE(pair);
    CHECK(OUTCOME(utime(f.file.c_str(), utimbuf_of(pair))) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("utime: the largest time is good, and kept as the host's filesystem can") {
  const files f;
  const utimbuf pair = {.actime = largest.tv_sec, .modtime = largest.tv_sec};
  CHECK(OUTCOME(utime(f.file.c_str(), &pair)) == succeeds);
  CHECK(times_of(f.file) == times{{{largest.tv_sec, 0}, {largest.tv_sec, 0}}});
}
