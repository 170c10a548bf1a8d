// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

namespace {

using flag_sets = std::initializer_list<int>;

constexpr flag_sets bad_flags = {AT_SYMLINK_FOLLOW,
                                 AT_REMOVEDIR,
                                 0x100,
                                 0x1000, // Linux: AT_EMPTY_PATH
                                 1 << 30,
                                 INT_MIN,
                                 -1,
                                 AT_SYMLINK_NOFOLLOW | AT_SYMLINK_FOLLOW,
                                 AT_SYMLINK_NOFOLLOW | 0x1000};
constexpr flag_sets good_flags = {0, AT_SYMLINK_NOFOLLOW};

constexpr pairs any_times = {wanted.pair, nullptr, out_of_range.pair};

// Every combination of these ends so.
template <class Pairs = pairs>
void check_each(const fds &dirfds, const paths &paths, const Pairs &given,
                const flag_sets &all_flags, const outcome &expected) {
  for (const int dirfd : dirfds) {
    for (const int flags : all_flags) {
      CAPTURE(dirfd, flags);
      const auto call = [=](const char *path, const timespec *pair) {
        return utimensat(dirfd, path, pair, flags);
      };
      check_each(call, paths, given, expected);
    }
  }
}

// Touches nothing but the target.
void check_sets(const files &f, int dirfd, const std::string &path, int flags,
                const std::string &target) {
  CAPTURE(dirfd, path, flags);
  CHECK(OUTCOME(utimensat(dirfd, path.c_str(), wanted, flags)) == succeeds);
  CHECK(times_of(target) == wanted);
  CHECK(f.untouched(target));
  make_old(target);
}

// Sets the times of `f.file`.
auto setter(const files &f) {
  return [&f](const timespec *pair) { return utimensat(AT_FDCWD, f.file.c_str(), pair, 0); };
}

} // namespace

TEST_CASE("utimensat: a path relative to a directory") {
  const open_files f;
  check_sets(f, f.topfd, "file", 0, f.file);
  check_sets(f, preopened(), f.file.substr(strlen("/data/")), 0, f.file);
  check_sets(f, f.topfd, "directory/inner", AT_SYMLINK_NOFOLLOW, f.inner);
  check_sets(f, f.topfd, ".", 0, f.top);
  check_sets(f, f.topfd, "directory/../directory/", 0, f.directory);
}

TEST_CASE("utimensat: a link relative to a directory, followed or not") {
  const open_files f;
  check_sets(f, f.topfd, "link", AT_SYMLINK_NOFOLLOW, f.link);
  check_sets(f, f.topfd, "link", 0, f.file);
}

TEST_CASE("utimensat: a path relative to a directory that is renamed") {
  const open_files f;
  const std::string renamed = f.top + "/renamed";
  CHECK(rename(f.directory.c_str(), renamed.c_str()) == 0);
  CHECK(OUTCOME(utimensat(f.dirfd, "inner", wanted, 0)) == succeeds);
  CHECK(times_of(renamed + "/inner") == wanted);
}

TEST_CASE("utimensat: a path relative to a directory that is removed is ENOENT") {
  const open_files f;
  CHECK(unlink(f.inner.c_str()) == 0);
  CHECK(rmdir(f.directory.c_str()) == 0);
  CHECK(OUTCOME(utimensat(f.dirfd, "file", wanted, 0)) == fails(ENOENT));
}

TEST_CASE("utimensat: a path that leaves dirfd by '..'; wasmtime says EPERM") {
  const open_files f;
  check_each({f.dirfd}, {"../file", ".."}, {wanted}, {0}, fails(EPERM));
  CHECK(f.untouched());
}

TEST_CASE("utimensat: a relative path and a dirfd that is not open is EBADF") {
  const int closed = opened("/data", O_RDONLY | O_DIRECTORY);
  check_each({closed, no_fd, 1 << 20, INT_MAX, -1, -3, INT_MIN}, {"file", "."}, {wanted, nullptr},
             good_flags, fails(EBADF));
}

TEST_CASE("utimensat: a relative path and a dirfd that is a stdio stream is ENOTDIR") {
  check_each(streams, {"file", "."}, {wanted, nullptr}, {0}, fails(ENOTDIR));
}

TEST_CASE("utimensat: a relative path and a dirfd that is a regular file is ENOTDIR") {
  const files f;
  const opened reading(f.file, O_RDONLY), writing(f.file, O_WRONLY), both(f.file, O_RDWR);
  check_each({reading, writing, both}, {"file", ".", "..", "./", "../file"}, {wanted}, good_flags,
             fails(ENOTDIR));
  CHECK(f.untouched());
}

TEST_CASE("utimensat: an absolute path ignores dirfd") {
  const open_files f;
  const opened inner(f.inner, O_RDWR);
  for (const int dirfd : fds{inner, f.dirfd, no_fd, INT_MAX, -1, INT_MIN, STDOUT_FILENO}) {
    check_sets(f, dirfd, f.file, 0, f.file);
  }
}

TEST_CASE("utimensat: a flag other than AT_SYMLINK_NOFOLLOW is EINVAL") {
  const open_files f;
  check_each({AT_FDCWD}, {f.file}, {wanted}, bad_flags, fails(EINVAL));
  check_each({f.topfd}, {"file"}, {wanted, nullptr}, bad_flags, fails(EINVAL));
  CHECK(f.untouched());
}

TEST_CASE("utimensat, order: a bad flag comes before everything about path, dirfd and times") {
  check_each({AT_FDCWD, no_fd, STDOUT_FILENO},
             {std::nullopt, "", "file", "/elsewhere", "/data/\xFF"}, any_times, bad_flags,
             fails(EINVAL));
}

TEST_CASE("utimensat: any flag beside a NULL path and an fd is EINVAL, before EBADF") {
  const open_files f;
  check_each({f.fd, f.dirfd, preopened(), no_fd, -1, STDOUT_FILENO}, {std::nullopt}, any_times,
             {AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_REMOVEDIR, 0x1000, -1}, fails(EINVAL));
  CHECK(f.untouched());
}

TEST_CASE("utimensat: a NULL path and AT_FDCWD is EFAULT, before a time out of range") {
  check_each({AT_FDCWD}, {std::nullopt}, any_times, good_flags, fails(EFAULT));
}

TEST_CASE("utimensat: an empty path is ENOENT whatever dirfd is, and before a time out of range") {
  const open_files f;
  check_each({f.fd, f.dirfd, preopened(), AT_FDCWD, -1, no_fd, STDOUT_FILENO}, {""}, any_times,
             good_flags, fails(ENOENT));
  CHECK(f.untouched());
}

TEST_CASE(
    "utimensat, order: what is wrong with dirfd comes before EILSEQ and a time out of range") {
  check_each(not_open, {"file", "\xFF"}, {wanted, out_of_range}, {0}, fails(EBADF));
  check_each(streams, {"file", "\xFF"}, {wanted, out_of_range}, {0}, fails(ENOTDIR));
}

TEST_CASE("utimensat, order: EILSEQ, then a time out of range, then what the host says") {
  const open_files f;
  const fds dirfds = {f.fd, f.dirfd, preopened()};
  check_each(dirfds, {"\xFF"}, {wanted, out_of_range}, {0}, fails(EILSEQ));
  check_each(dirfds, {"missing"}, {out_of_range}, {0}, fails(EINVAL));
}

TEST_CASE("utimensat: both UTIME_OMIT is success, whatever else the call says") {
  const files f;
  const times garbage{{{-1, UTIME_OMIT}, {INT64_MIN, UTIME_OMIT}}};
  check_each({AT_FDCWD, -1, INT_MIN, no_fd, INT_MAX, STDOUT_FILENO, preopened()},
             {f.file, f.missing, "", std::nullopt, "/elsewhere", "\xFF", "/data/\xFF"},
             {both_omit, garbage}, {0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, 0x1000, -1},
             succeeds);
  CHECK(f.untouched());
}

TEST_CASE(
    "utimensat: one member is set and the other left by UTIME_OMIT, tv_sec beside it ignored") {
  const files f;
  check_sets(f, setter(f), in_each_member({wanted.pair[0]}, omits));
}

TEST_CASE("utimensat: UTIME_NOW in either member, tv_sec beside it ignored") {
  const files f;
  check_sets(f, setter(f), in_each_member(nows, {wanted.pair[1], omit}));
}

TEST_CASE("utimensat: nanoseconds and seconds at their bounds, with nothing rounded") {
  const files f;
  check_sets(f, setter(f),
             in_each_member({{0, 0}, {0, 1}, {0, 999'999'999}, {1, 0}, {1234567890, 123456789}},
                            {wanted.pair[1]}));
}

TEST_CASE("utimensat: a time out of range is EINVAL in either member, beside any other") {
  const files f;
  check_each({AT_FDCWD}, {f.file}, in_each_member(bad_times, {wanted.pair[0], now, omit}), {0},
             fails(EINVAL));
  CHECK(f.untouched());
}

TEST_CASE("utimensat: the largest time is good, kept as the host's filesystem can; what is after "
          "it is EINVAL") {
  const files f;
  check_sets(f, setter(f), in_each_member({largest}, {wanted.pair[1]}));
  // The first after 2554, and what a count of nanoseconds would wrap to some time before it. These
  // are good where a time is no such count.
  const auto late = in_each_member({{18446744073, 709551616},
                                    {18446744073, 999999999},
                                    {18446744074, 0},
                                    {36893488148, 0},
                                    {1LL << 55, 0},
                                    {INT64_MAX, 999999999}},
                                   {wanted.pair[1]});
  if (!TIMES_ARE_64_BIT_NANOSECONDS) {
    check_sets(f, setter(f), late);
    return;
  }
  make_old(f.file);
  check_each({AT_FDCWD}, {f.file}, late, {0}, fails(EINVAL));
  CHECK(f.untouched());
}
