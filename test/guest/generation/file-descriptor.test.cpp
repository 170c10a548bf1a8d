// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every generation's `file_descriptor` answers, here that of the sysroot at hand.

#include "generation/file-descriptor.h"

#include "generation/first-error.h"
#include "posix/fixture.h"

using namespace wasi_utimens;

namespace {

new_timestamps asked(const timespec *pair) {
  return new_timestamps_of(pair, file_descriptor::first_unrepresentable);
}

} // namespace

TEST_CASE("file-descriptor: a file is known as one, at no cost and for certain") {
  const open_files f;
  for (const int fd : fds{f.fd, f.dirfd, preopened()}) {
    CAPTURE(fd);
    CHECK(file_descriptor(fd).presumed_kind() == fd_kind::file);
    CHECK(file_descriptor(fd).kind() == fd_kind::file);
  }
}

TEST_CASE("file-descriptor: what is no file, and what is not open, is known for certain") {
  for (const int fd : streams) {
    CAPTURE(fd);
    CHECK(file_descriptor(fd).kind() == fd_kind::not_file);
  }
  for (const int fd : {-1, INT_MIN, no_fd, 1 << 20, INT_MAX}) {
    CAPTURE(fd);
    CHECK(file_descriptor(fd).kind() == fd_kind::not_open);
  }
}

TEST_CASE("file-descriptor: the first time that cannot be represented") {
  CHECK(file_descriptor::first_unrepresentable.seconds ==
        (TIMES_ARE_64_BIT_NANOSECONDS ? 18446744073U : 1ULL << 63));
  CHECK(file_descriptor::first_unrepresentable.nanoseconds ==
        (TIMES_ARE_64_BIT_NANOSECONDS ? 709551616U : 0));
}

TEST_CASE(
    "file-descriptor: each kind of time reaches the host, through the descriptor and by path") {
  const open_files f;
  const auto by_fd = [&](const timespec *pair) {
    return file_descriptor(f.fd).call_set_times(asked(pair));
  };
  const auto by_path = [&](const timespec *pair) {
    return file_descriptor(f.topfd).call_set_times_at(wit::path_flags::none, "file", 4,
                                                      asked(pair));
  };
  const auto pairs = in_each_member({wanted.pair[0], now}, {wanted.pair[1], omit});
  check_sets(f, by_fd, pairs);
  check_sets(f, by_path, pairs);
}

TEST_CASE("file-descriptor: by path a link is followed where the flags say so") {
  const open_files f;
  const auto set = [&](wit::path_flags flags, const times &pair) {
    return file_descriptor(f.topfd).call_set_times_at(flags, "link", 4, asked(pair));
  };
  CHECK(set(wit::path_flags::none, wanted) == 0);
  CHECK(times_of(f.link) == wanted);
  CHECK(f.untouched(f.link));
  CHECK(set(wit::path_flags::symlink_follow, exact_seconds) == 0);
  CHECK(times_of(f.file) == exact_seconds);
}

TEST_CASE("file-descriptor: an error of the host comes back as its errno") {
  const open_files f;
  CHECK(file_descriptor(f.topfd).call_set_times_at(wit::path_flags::none, "missing", 7,
                                                   asked(old)) == ENOENT);
}

TEST_CASE("first-error: what is wrong with the descriptor comes before any other error") {
  const open_files f;
  CHECK(first_error(file_descriptor(f.fd), ENOTDIR, EILSEQ) == EILSEQ);
  CHECK(first_error(file_descriptor(STDOUT_FILENO), ENOTDIR, EILSEQ) == ENOTDIR);
  CHECK(first_error(file_descriptor(STDOUT_FILENO), EINVAL, EILSEQ) == EINVAL);
  CHECK(first_error(file_descriptor(no_fd), ENOTDIR, EILSEQ) == EBADF);
}
