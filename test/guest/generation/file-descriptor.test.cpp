// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every generation's `file_descriptor` answers, here that of the sysroot at hand.

#include "generation/file-descriptor.h"

#include "generation/first-error.h"
#include "posix/fixture.h"

using namespace wasi_utimens;

namespace {

new_timestamps asked(const times &pair) {
  return new_timestamps_of(pair, file_descriptor::first_unrepresentable);
}

} // namespace

TEST_CASE("file-descriptor: a file is known as one, at no cost and for certain") {
  const opened file("/data/descriptor", O_RDWR | O_CREAT);
  const opened directory("/data", O_RDONLY | O_DIRECTORY);
  for (const int fd : fds{file, directory, preopened()}) {
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
  for (const int fd : {-1, INT_MIN, not_open[0], not_open[1], INT_MAX}) {
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
  const std::string path = "/data/times";
  const opened file(path, O_RDWR | O_CREAT);
  const opened directory("/data", O_RDONLY | O_DIRECTORY);
  const auto set = [&](bool by_path, const times &pair) {
    return by_path ? file_descriptor(directory).call_set_times_at(wit::path_flags::none, "times", 5,
                                                                  asked(pair))
                   : file_descriptor(file).call_set_times(asked(pair));
  };
  for (const bool by_path : {false, true}) {
    CAPTURE(by_path);
    CHECK(set(by_path, old) == 0);
    CHECK(times_of(path) == old);
    CHECK(set(by_path, {{wanted.pair[0], omit}}) == 0);
    CHECK(times_of(path) == times{{wanted.pair[0], old.pair[1]}});
    CHECK(set(by_path, {{omit, wanted.pair[1]}}) == 0);
    CHECK(times_of(path) == wanted);
    CHECK(set(by_path, {{now, omit}}) == 0);
    CHECK(times_of(path) == times{{now, wanted.pair[1]}});
    CHECK(set(by_path, {{wanted.pair[0], now}}) == 0);
    CHECK(times_of(path) == times{{wanted.pair[0], now}});
  }
}

TEST_CASE("file-descriptor: by path a link is followed where the flags say so") {
  CHECK(symlink("linked", "/data/linking") == 0);
  opened("/data/linked", O_RDWR | O_CREAT);
  const opened directory("/data", O_RDONLY | O_DIRECTORY);
  const auto set = [&](wit::path_flags flags, const times &pair) {
    return file_descriptor(directory).call_set_times_at(flags, "linking", 7, asked(pair));
  };
  CHECK(set(wit::path_flags::none, old) == 0);
  CHECK(times_of("/data/linking") == old);
  CHECK(set(wit::path_flags::symlink_follow, wanted) == 0);
  CHECK(times_of("/data/linked") == wanted);
}

TEST_CASE("file-descriptor: an error of the host comes back as its errno") {
  const opened directory("/data", O_RDONLY | O_DIRECTORY);
  CHECK(file_descriptor(directory).call_set_times_at(wit::path_flags::none, "missing", 7,
                                                     asked(old)) == ENOENT);
}

TEST_CASE("first-error: what is wrong with the descriptor comes before any other error") {
  const opened file("/data/first-error", O_RDWR | O_CREAT);
  CHECK(first_error(file_descriptor(file), ENOTDIR, EILSEQ) == EILSEQ);
  CHECK(first_error(file_descriptor(STDOUT_FILENO), ENOTDIR, EILSEQ) == ENOTDIR);
  CHECK(first_error(file_descriptor(STDOUT_FILENO), EINVAL, EILSEQ) == EINVAL);
  CHECK(first_error(file_descriptor(not_open[0]), ENOTDIR, EILSEQ) == EBADF);
}
