// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fixture.h"

namespace {

// 1 on this host, wasmtime, and 0 in the no-fd build. This is the one place that pins which: the
// other cases ask.
int expected_of_file() { return strstr(getenv("LINK"), "nofd") == nullptr ? 1 : 0; }

bool same_status(const struct stat &a, const struct stat &b) {
  const auto same = [](const timespec &x, const timespec &y) { return text_of(x) == text_of(y); };
  return same(a.st_atim, b.st_atim) && same(a.st_mtim, b.st_mtim) && same(a.st_ctim, b.st_ctim) &&
         a.st_size == b.st_size && a.st_ino == b.st_ino && a.st_nlink == b.st_nlink;
}

outcome answers(int value) { return {value, errno_before}; }

} // namespace

TEST_CASE("wasi_utimens_fd_support: 1 for a file of any access mode, 0 in the no-fd build") {
  const open_files f;
  for (const int mode : {O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND}) {
    CAPTURE(mode);
    const opened fd(f.file, mode);
    CHECK(OUTCOME(wasi_utimens_fd_support(fd)) == answers(expected_of_file()));
    CHECK(OUTCOME(futimens(fd, old)) == (expected_of_file() == 1 ? succeeds : fails(ENOSYS)));
  }
  CHECK(unlink(f.file.c_str()) == 0);
  CHECK(OUTCOME(wasi_utimens_fd_support(f.fd)) == answers(expected_of_file()));
}

TEST_CASE("wasi_utimens_fd_support: 1 for a directory in both builds") {
  const open_files f;
  CHECK(OUTCOME(wasi_utimens_fd_support(f.dirfd)) == answers(1));
  CHECK(OUTCOME(wasi_utimens_fd_support(preopened())) == answers(1));
}

TEST_CASE("wasi_utimens_fd_support: -1 where futimens would fail otherwise, with its errno") {
  for (const auto &[bad, error] :
       {std::pair(not_open, EBADF), std::pair(negative, EBADF), std::pair(streams, EINVAL)}) {
    for (const int fd : bad) {
      CAPTURE(fd);
      CHECK(OUTCOME(wasi_utimens_fd_support(fd)) == fails(error));
    }
  }
}

TEST_CASE("wasi_utimens_fd_support: changes nothing on the file, not even its status change time") {
  const open_files f;
  for (const int fd : fds{f.fd, f.dirfd, preopened()}) {
    CAPTURE(fd);
    const struct stat before = status_of(fd);
    // Longer than a tick of the kernel's clock for files.
    const timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
    CHECK(wasi_utimens_fd_support(fd) != -1);
    CHECK(same_status(status_of(fd), before));
  }
}
