// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// OUTCOME checks after every call of every case that no reference is left out. Here is the rest.

#include "generation/counted/table.h"
#include "posix/fixture.h"

using counted_table::counted;

TEST_CASE("descriptor-counted: a call takes references and drops each of them") {
  const open_files f;
  const auto before = counted();
  for (const int fd : fds{f.fd, f.dirfd, preopened(), STDOUT_FILENO}) {
    CAPTURE(fd);
    for (const auto *pair : {&wanted, &out_of_range}) {
      const auto taken = counted().taken;
      const auto out = counted_references();
      futimens(fd, *pair);
      utimensat(fd, nullptr, *pair, 0);
      utimensat(fd, "inner", *pair, 0);
      utimensat(fd, "\xFF", *pair, 0);
      wasi_utimens_fd_support(fd);
      CHECK(counted().taken >= taken + 5);
      CHECK(counted_references() == out);
    }
  }
  CHECK(counted().deallocated == before.deallocated);
}

TEST_CASE("descriptor-counted: an fd that is not open takes no reference, and none is dropped") {
  const auto before = counted();
  for (const int fd : not_open) {
    CHECK(OUTCOME(futimens(fd, wanted)) == fails(EBADF));
    CHECK(OUTCOME(utimensat(fd, "file", wanted, 0)) == fails(EBADF));
    CHECK(OUTCOME(wasi_utimens_fd_support(fd)) == fails(EBADF));
  }
  CHECK(counted().taken == before.taken);
  CHECK(counted().deallocated == before.deallocated);
}

TEST_CASE("descriptor-counted: a call that arguments decide takes no reference") {
  const open_files f;
  const auto before = counted();
  CHECK(OUTCOME(futimens(f.fd, both_omit)) == succeeds);
  CHECK(OUTCOME(utimensat(f.fd, nullptr, wanted, AT_SYMLINK_NOFOLLOW)) == fails(EINVAL));
  CHECK(OUTCOME(utimensat(f.fd, "", wanted, 0)) == fails(ENOENT));
  CHECK(OUTCOME(utimensat(f.fd, "file", wanted, 0x100)) == fails(EINVAL));
  CHECK(counted().taken == before.taken);
}

TEST_CASE("descriptor-counted: the last reference deallocates, once and with a count of 0") {
  const open_files f;
  counted_table::hold(false);
  const auto before = counted();
  CHECK(futimens(f.dirfd, wanted) == 0);
  wasi_utimens_fd_support(f.fd);
  CHECK(utimensat(f.dirfd, "inner", wanted, 0) == 0);
  CHECK(utimensat(f.fd, nullptr, out_of_range, 0) == -1);
  CHECK(utimensat(STDOUT_FILENO, "inner", wanted, 0) == -1);
  const auto after = counted();
  counted_table::hold(true);
  CHECK(after.taken - before.taken >= 5);
  CHECK(after.deallocated - before.deallocated == after.taken - before.taken);
  CHECK(after.misused == 0);
}

TEST_CASE(
    "descriptor-counted: where fstat fails the first answer stands, and errno is left alone") {
  const open_files f;
  const bool nofd = wasi_utimens_fd_support(f.fd) == 0;
  counted_table::fail_fstat(true);
  const auto support = OUTCOME(wasi_utimens_fd_support(f.dirfd));
  const auto result = OUTCOME(futimens(f.dirfd, wanted));
  counted_table::fail_fstat(false);
  CHECK(support.result == (nofd ? 0 : 1));
  CHECK(support.error == errno_before);
  CHECK(result == (nofd ? fails(ENOSYS) : succeeds));
  CHECK(times_of(f.directory) == (nofd ? old : wanted));
}
