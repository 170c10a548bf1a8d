// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A guest that links socket has a descriptor table in wasi-libc of 2024 too, beside the adapter's.

#include "posix/fixture.h"

#include <sys/socket.h>

namespace {

constexpr int socket_types[] = {SOCK_STREAM, SOCK_DGRAM};

} // namespace

TEST_CASE("socket: EINVAL in the fd form") {
  for (const int type : socket_types) {
    CAPTURE(type);
    const opened fd(socket(AF_INET, type, 0));
    check_fails({fd}, EINVAL, {exact_seconds, nullptr, out_of_range});
    CHECK(OUTCOME(wasi_utimens_fd_support(fd)) == fails(EINVAL));
    CHECK(OUTCOME(futimens(fd, both_omit)) == succeeds);
  }
}

TEST_CASE("socket: ENOTDIR as the dirfd of a relative path") {
  const files f;
  for (const int type : socket_types) {
    CAPTURE(type);
    const opened fd(socket(AF_INET, type, 0));
    CHECK(OUTCOME(utimensat(fd, "file", wanted, 0)) == fails(ENOTDIR));
    CHECK(OUTCOME(utimensat(fd, "\xFF", wanted, 0)) == fails(ENOTDIR));
    CHECK(OUTCOME(utimensat(fd, "file", out_of_range, 0)) == fails(ENOTDIR));
    CHECK(OUTCOME(utimensat(fd, "", wanted, 0)) == fails(ENOENT));
    CHECK(OUTCOME(utimensat(fd, f.file.c_str(), wanted, 0)) == succeeds);
    CHECK(times_of(f.file) == wanted);
  }
}

TEST_CASE("socket: EBADF once it is closed") {
  const int closed = opened(socket(AF_INET, SOCK_STREAM, 0));
  check_fails({closed}, EBADF);
  CHECK(OUTCOME(utimensat(closed, "file", wanted, 0)) == fails(EBADF));
}

TEST_CASE("socket: a file beside a socket is still a file") {
  const opened one(socket(AF_INET, SOCK_STREAM, 0));
  const open_files f;
  const opened two(socket(AF_INET, SOCK_STREAM, 0));
  CHECK_SETS(is_supported(f.fd), f.file, futimens(f.fd, wanted), wanted);
  CHECK(OUTCOME(futimens(f.fd, out_of_range)) == fails(EINVAL));
}
