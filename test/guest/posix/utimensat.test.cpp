// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

namespace {

constexpr int bad_flags[] = {AT_SYMLINK_FOLLOW,
                             AT_REMOVEDIR,
                             0x100,
                             0x1000, // Linux: AT_EMPTY_PATH
                             1 << 30,
                             INT_MIN,
                             -1,
                             AT_SYMLINK_NOFOLLOW | AT_SYMLINK_FOLLOW,
                             AT_SYMLINK_NOFOLLOW | 0x1000};

constexpr const timespec *any_times[] = {wanted.pair, nullptr, out_of_range.pair};

// Touches nothing but the target.
void check_sets(const files &f, int dirfd, const std::string &path, int flags,
                const std::string &target) {
  CAPTURE(dirfd, path, flags);
  CHECK(OUTCOME(utimensat(dirfd, path.c_str(), wanted, flags)) == succeeds);
  CHECK(times_of(target) == wanted);
  CHECK(f.untouched(target));
  make_old(target);
}

int set(const files &f, const times &pair) { return utimensat(AT_FDCWD, f.file.c_str(), pair, 0); }

void check_sets(const files &f, const times &pair) {
  CAPTURE(pair);
  make_old(f.file);
  CHECK(OUTCOME(set(f, pair)) == succeeds);
  CHECK(times_of(f.file) == after(pair));
}

} // namespace

TEST_CASE("utimensat: a path relative to a directory") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  check_sets(f, top, "file", 0, f.file);
  check_sets(f, preopened(), f.file.substr(strlen("/data/")), 0, f.file);
  check_sets(f, top, "directory/inner", AT_SYMLINK_NOFOLLOW, f.inner);
  check_sets(f, top, ".", 0, f.top);
  check_sets(f, top, "directory/../directory/", 0, f.directory);
}

TEST_CASE("utimensat: a link relative to a directory, followed or not") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  check_sets(f, top, "link", AT_SYMLINK_NOFOLLOW, f.link);
  check_sets(f, top, "link", 0, f.file);
}

TEST_CASE("utimensat: a path relative to a directory that is renamed") {
  const files f;
  const opened fd(f.directory, O_RDONLY | O_DIRECTORY);
  const std::string renamed = f.top + "/renamed";
  CHECK(rename(f.directory.c_str(), renamed.c_str()) == 0);
  CHECK(OUTCOME(utimensat(fd, "inner", wanted, 0)) == succeeds);
  CHECK(times_of(renamed + "/inner") == wanted);
}

TEST_CASE("utimensat: a path relative to a directory that is removed is ENOENT") {
  const files f;
  const std::string path = f.top + "/removed";
  CHECK(mkdir(path.c_str(), 0777) == 0);
  const opened fd(path, O_RDONLY | O_DIRECTORY);
  CHECK(rmdir(path.c_str()) == 0);
  CHECK(OUTCOME(utimensat(fd, "file", wanted, 0)) == fails(ENOENT));
}

TEST_CASE("utimensat: a path that leaves dirfd by '..'; wasmtime says EPERM") {
  const files f;
  const opened fd(f.directory, O_RDONLY | O_DIRECTORY);
  CHECK(OUTCOME(utimensat(fd, "../file", wanted, 0)) == fails(EPERM));
  CHECK(OUTCOME(utimensat(fd, "..", wanted, 0)) == fails(EPERM));
  CHECK(f.untouched());
}

TEST_CASE("utimensat: a relative path and a dirfd that is not open is EBADF") {
  opened closed("/data", O_RDONLY | O_DIRECTORY);
  const int number = closed;
  closed.close();
  for (const int dirfd : {number, not_open[0], not_open[1], INT_MAX, -1, -3, INT_MIN}) {
    CAPTURE(dirfd);
    CHECK(OUTCOME(utimensat(dirfd, "file", wanted, 0)) == fails(EBADF));
    CHECK(OUTCOME(utimensat(dirfd, ".", nullptr, AT_SYMLINK_NOFOLLOW)) == fails(EBADF));
  }
}

TEST_CASE("utimensat: a relative path and a dirfd that is a stdio stream is ENOTDIR") {
  for (const int dirfd : streams) {
    CAPTURE(dirfd);
    CHECK(OUTCOME(utimensat(dirfd, "file", wanted, 0)) == fails(ENOTDIR));
    CHECK(OUTCOME(utimensat(dirfd, ".", nullptr, 0)) == fails(ENOTDIR));
  }
}

TEST_CASE("utimensat: a relative path and a dirfd that is a regular file is ENOTDIR") {
  const files f;
  for (const int mode : {O_RDONLY, O_WRONLY, O_RDWR}) {
    const opened fd(f.file, mode);
    for (const char *path : {"file", ".", "..", "./", "../file"}) {
      CAPTURE(mode, path);
      CHECK(OUTCOME(utimensat(fd, path, wanted, 0)) == fails(ENOTDIR));
      CHECK(OUTCOME(utimensat(fd, path, wanted, AT_SYMLINK_NOFOLLOW)) == fails(ENOTDIR));
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("utimensat: an absolute path ignores dirfd") {
  const open_files f;
  const opened inner(f.inner, O_RDWR);
  for (const int dirfd : fds{inner, f.dirfd, not_open[0], INT_MAX, -1, INT_MIN, STDOUT_FILENO}) {
    check_sets(f, dirfd, f.file, 0, f.file);
  }
}

TEST_CASE("utimensat: a flag other than AT_SYMLINK_NOFOLLOW is EINVAL") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  for (const int flags : bad_flags) {
    CAPTURE(flags);
    CHECK(OUTCOME(utimensat(AT_FDCWD, f.file.c_str(), wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(top, "file", wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(top, "file", nullptr, flags)) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("utimensat, order: a bad flag comes before everything about path, dirfd and times") {
  for (const int flags : bad_flags) {
    CAPTURE(flags);
    CHECK(OUTCOME(utimensat(AT_FDCWD, nullptr, wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(AT_FDCWD, "", wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(AT_FDCWD, "/elsewhere", wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(AT_FDCWD, "/data/\xFF", wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(not_open[0], "file", wanted, flags)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(STDOUT_FILENO, "file", wanted, flags)) == fails(EINVAL));
  }
}

TEST_CASE("utimensat: any flag beside a NULL path and an fd is EINVAL, before EBADF") {
  const open_files f;
  for (const int fd : fds{f.fd, f.dirfd, preopened(), not_open[0], -1, STDOUT_FILENO}) {
    for (const int flags : {AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_REMOVEDIR, 0x1000, -1}) {
      CAPTURE(fd, flags);
      for (const auto *pair : any_times) {
        CHECK(OUTCOME(utimensat(fd, nullptr, pair, flags)) == fails(EINVAL));
      }
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("utimensat: a NULL path and AT_FDCWD is EFAULT, before a time out of range") {
  for (const int flags : {0, AT_SYMLINK_NOFOLLOW}) {
    CAPTURE(flags);
    for (const auto *pair : any_times) {
      CHECK(OUTCOME(utimensat(AT_FDCWD, nullptr, pair, flags)) == fails(EFAULT));
    }
  }
}

TEST_CASE("utimensat: an empty path is ENOENT whatever dirfd is, and before a time out of range") {
  const open_files f;
  for (const int dirfd :
       fds{f.fd, f.dirfd, preopened(), AT_FDCWD, -1, not_open[0], STDOUT_FILENO}) {
    for (const int flags : {0, AT_SYMLINK_NOFOLLOW}) {
      CAPTURE(dirfd, flags);
      for (const auto *pair : any_times) {
        CHECK(OUTCOME(utimensat(dirfd, "", pair, flags)) == fails(ENOENT));
      }
    }
  }
  CHECK(f.untouched());
}

TEST_CASE(
    "utimensat, order: what is wrong with dirfd comes before EILSEQ and a time out of range") {
  const auto check = [](int dirfd, int error) {
    CAPTURE(dirfd);
    CHECK(OUTCOME(utimensat(dirfd, "\xFF", wanted, 0)) == fails(error));
    CHECK(OUTCOME(utimensat(dirfd, "file", out_of_range, 0)) == fails(error));
    CHECK(OUTCOME(utimensat(dirfd, "\xFF", out_of_range, 0)) == fails(error));
  };
  for (const int dirfd : not_open) {
    check(dirfd, EBADF);
  }
  for (const int dirfd : streams) {
    check(dirfd, ENOTDIR);
  }
}

TEST_CASE("utimensat, order: EILSEQ, then a time out of range, then what the host says") {
  const open_files f;
  for (const int dirfd : fds{f.fd, f.dirfd, preopened()}) {
    CAPTURE(dirfd);
    CHECK(OUTCOME(utimensat(dirfd, "\xFF", out_of_range, 0)) == fails(EILSEQ));
    CHECK(OUTCOME(utimensat(dirfd, "\xFF", wanted, 0)) == fails(EILSEQ));
    CHECK(OUTCOME(utimensat(dirfd, "missing", out_of_range, 0)) == fails(EINVAL));
  }
}

TEST_CASE("utimensat: both UTIME_OMIT is success, whatever else the call says") {
  const files f;
  for (const int dirfd :
       {AT_FDCWD, -1, INT_MIN, not_open[0], INT_MAX, STDOUT_FILENO, preopened()}) {
    for (const int flags : {0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, 0x1000, -1}) {
      for (const char *path :
           {f.file.c_str(), f.missing.c_str(), "", static_cast<const char *>(nullptr), "/elsewhere",
            "\xFF", "/data/\xFF"}) {
        CAPTURE(dirfd, flags);
        CHECK(OUTCOME(utimensat(dirfd, path, both_omit, flags)) == succeeds);
        CHECK(OUTCOME(utimensat(dirfd, path, times{{{-1, UTIME_OMIT}, {INT64_MIN, UTIME_OMIT}}},
                                flags)) == succeeds);
      }
    }
  }
  CHECK(f.untouched());
}

TEST_CASE(
    "utimensat: one member is set and the other left by UTIME_OMIT, tv_sec beside it ignored") {
  const files f;
  for (const time_t garbage : {time_t(0), time_t(-1), time_t(INT64_MIN), time_t(INT64_MAX)}) {
    check_sets(f, {{wanted.pair[0], {garbage, UTIME_OMIT}}});
    check_sets(f, {{{garbage, UTIME_OMIT}, wanted.pair[1]}});
  }
}

TEST_CASE("utimensat: UTIME_NOW in either member, tv_sec beside it ignored") {
  const files f;
  for (const time_t garbage : {time_t(0), time_t(-1), time_t(INT64_MIN), time_t(INT64_MAX)}) {
    const timespec garbage_now{garbage, UTIME_NOW};
    check_sets(f, {{garbage_now, wanted.pair[1]}});
    check_sets(f, {{omit, garbage_now}});
    check_sets(f, {{garbage_now, garbage_now}});
  }
}

TEST_CASE("utimensat: nanoseconds and seconds at their bounds, with nothing rounded") {
  const files f;
  for (const auto &time : {timespec{0, 0}, timespec{0, 1}, timespec{0, 999'999'999}, timespec{1, 0},
                           timespec{1234567890, 123456789}}) {
    for (const auto &pair : in_either_member(time, wanted.pair[1])) {
      check_sets(f, pair);
    }
  }
}

TEST_CASE("utimensat: a time out of range is EINVAL in either member, beside any other") {
  const files f;
  for (const auto &bad : bad_times) {
    for (const auto &other : {wanted.pair[0], now, omit, bad}) {
      for (const auto &pair : in_either_member(bad, other)) {
        CAPTURE(pair);
        CHECK(OUTCOME(set(f, pair)) == fails(EINVAL));
      }
    }
  }
  CHECK(f.untouched());
}

TEST_CASE("utimensat: the largest time is good, kept as the host's filesystem can; what is after "
          "it is EINVAL") {
  const files f;
  check_sets(f, {{largest, largest}});
  // The first after 2554, and what a count of nanoseconds would wrap to some time before it. These
  // are good where a time is no such count.
  for (const auto &late : {timespec{18446744073, 709551616}, timespec{18446744073, 999999999},
                           timespec{18446744074, 0}, timespec{36893488148, 0},
                           timespec{1LL << 55, 0}, timespec{INT64_MAX, 999999999}}) {
    for (const auto &pair : in_either_member(late, wanted.pair[1])) {
      if (!TIMES_ARE_64_BIT_NANOSECONDS) {
        check_sets(f, pair);
        continue;
      }
      CAPTURE(pair);
      make_old(f.file);
      CHECK(OUTCOME(set(f, pair)) == fails(EINVAL));
      CHECK(times_of(f.file) == old);
    }
  }
}
