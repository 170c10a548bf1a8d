// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

namespace {

// On a host with the primitive it sets them, and on one without it sets nothing.
void check_sets(const std::vector<times> &pairs) {
  const open_files f;
  check_sets(
      f, [&](const timespec *pair) { return futimens(f.fd, pair); }, pairs, is_supported(f.fd));
}

} // namespace

TEST_CASE("futimens: one member is set and the other left by UTIME_OMIT") {
  check_sets(in_each_member({wanted.pair[0]}, {omit}));
}

TEST_CASE("futimens: UTIME_NOW in either member, beside the other kinds") {
  check_sets(in_each_member({now}, {omit, wanted.pair[0]}));
}

TEST_CASE("futimens: tv_sec beside UTIME_NOW and UTIME_OMIT is ignored") {
  check_sets(in_each_member({wanted.pair[0]}, omits));
  check_sets(in_each_member(nows, {}));
}

TEST_CASE("futimens: both UTIME_OMIT is success and nothing else, on any fd that is not negative") {
  const open_files f;
  const times garbage{{{-1, UTIME_OMIT}, {INT64_MAX, UTIME_OMIT}}};
  check_each(futimens, {f.fd, f.dirfd, preopened(), no_fd, INT_MAX, STDOUT_FILENO},
             {both_omit, garbage}, succeeds);
  CHECK(f.untouched());
}

TEST_CASE("futimens: a negative fd is EBADF before all else, AT_FDCWD too") {
  check_each(futimens, negative, {wanted, nullptr, both_omit, out_of_range}, fails(EBADF));
}

TEST_CASE("futimens: nanoseconds and seconds at their bounds") {
  check_sets(in_each_member({{0, 0}, {0, 1}, {0, 999'999'999}, {1, 0}}, {wanted.pair[1]}));
}

TEST_CASE("futimens: a time out of range is EINVAL in either member, beside any other") {
  const open_files f;
  check_each(futimens, {f.fd, f.dirfd}, in_each_member(bad_times, {wanted.pair[0], now, omit}),
             fails(EINVAL));
  CHECK(f.untouched());
}

TEST_CASE("futimens: times after 2038 and 2106") {
  for (const time_t seconds : late_seconds) {
    check_sets({{{{seconds, 123456789}, {seconds, 987654321}}}});
  }
}

TEST_CASE("futimens: the largest time is good, and kept as the host's filesystem can") {
  check_sets(in_each_member({largest}, {}));
}

TEST_CASE("futimens: each good call is for itself") {
  const open_files f;
  const opened other(f.inner, O_RDONLY);
  CHECK_SETS(is_supported(f.fd), f.file, futimens(f.fd, wanted), wanted);
  CHECK(OUTCOME(futimens(other, out_of_range)) == fails(EINVAL));
  CHECK(times_of(f.inner) == old);
  CHECK_SETS(is_supported(other), f.inner, futimens(other, exact_seconds), exact_seconds);
  make_old(f.file);
  CHECK_SETS(is_supported(f.fd), f.file, futimens(f.fd, exact_microseconds), exact_microseconds);
}
