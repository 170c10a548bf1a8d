// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all functions share that set times through a file descriptor.

#include "fixture.h"

namespace {

// Every function sets the times of the file at `path` through `fd`.
void check_sets(int fd, const std::string &path) {
  for (const auto &form : fd_forms) {
    CAPTURE(form.name, path);
    make_old(path);
    CHECK_SETS(is_supported(fd), path, form.set(fd, form.exact), form.exact);
  }
}

} // namespace

TEST_CASE("fd form: a file opened in any mode") {
  const files f;
  for (const int mode : {O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDWR | O_APPEND}) {
    CAPTURE(mode);
    check_sets(opened(f.file, mode), f.file);
  }
  CHECK(f.untouched(f.file));
}

TEST_CASE("fd form: a directory, on every host") {
  const open_files f;
  check_sets(f.dirfd, f.directory);
  CHECK(f.untouched(f.directory));
}

TEST_CASE("fd form: the preopened directory itself, on every host") {
  check_sets(preopened(), "/data");
  check_sets(opened("/data", O_RDONLY | O_DIRECTORY), "/data");
}

TEST_CASE("fd form: a directory takes now and omit as a file does") {
  const open_files f;
  for (const int directory : fds{f.dirfd, preopened()}) {
    CAPTURE(directory);
    CHECK(futimens(directory, old) == 0);
    CHECK(OUTCOME(futimens(directory, times{{wanted.pair[0], omit}})) == succeeds);
    CHECK(times_of(directory) == times{{wanted.pair[0], old.pair[1]}});
    CHECK(OUTCOME(futimens(directory, times{{omit, wanted.pair[1]}})) == succeeds);
    CHECK(times_of(directory) == wanted);
    CHECK(OUTCOME(futimens(directory, nullptr)) == succeeds);
    CHECK(times_of(directory) == both_now);
  }
}

TEST_CASE("fd form: a file that is unlinked") {
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    const open_files f;
    CHECK(unlink(f.file.c_str()) == 0);
    CHECK_SETS(is_supported(f.fd), int(f.fd), form.set(f.fd, form.exact), form.exact);
  }
}

TEST_CASE("fd form: a file that is renamed, and another takes its place") {
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    const open_files f;
    const std::string renamed = f.top + "/renamed";
    CHECK(rename(f.file.c_str(), renamed.c_str()) == 0);
    const opened other(f.file, O_CREAT | O_EXCL | O_RDWR);
    make_old(f.file);
    CHECK_SETS(is_supported(f.fd), renamed, form.set(f.fd, form.exact), form.exact);
    CHECK(times_of(f.file) == old);
  }
}

TEST_CASE("fd form: a directory that is renamed") {
  const open_files f;
  const std::string renamed = f.top + "/renamed";
  CHECK(rename(f.directory.c_str(), renamed.c_str()) == 0);
  check_sets(f.dirfd, renamed);
}

TEST_CASE("fd form: a file that a symbolic link led to") {
  const files f;
  check_sets(opened(f.link, O_RDWR), f.file);
  CHECK(f.untouched(f.file));
}

TEST_CASE("fd form: NULL is now for both") {
  const open_files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    CHECK_SETS(is_supported(f.fd), f.file, form.set(f.fd, nullptr), both_now);
  }
}

TEST_CASE("fd form: an fd that is not open is EBADF") { check_fails(not_open, EBADF); }

TEST_CASE("fd form: a negative fd is EBADF") { check_fails({-1, -3, -4242, INT_MIN}, EBADF); }

TEST_CASE("fd form: a file closed a moment ago is EBADF, and keeps its times") {
  const files f;
  const int closed = opened(f.file, O_RDWR);
  check_fails({closed}, EBADF);
  CHECK(f.untouched());
}

TEST_CASE("fd form: a stdio stream is EINVAL") { check_fails(streams, EINVAL); }

TEST_CASE("fd form: standard input closed is EBADF, and a file in its place is a file") {
  const files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    close(STDIN_FILENO);
    CHECK(OUTCOME(form.set(STDIN_FILENO, form.exact)) == fails(EBADF));
    make_old(f.file);
    const opened fd(f.file, O_RDWR);
    CHECK_SETS(is_supported(fd), f.file, form.set(fd, form.exact), form.exact);
  }
}

TEST_CASE("fd form, order: an fd that is not open comes before a time out of range") {
  check_fails(not_open, EBADF, {out_of_range});
}

TEST_CASE("fd form, order: a time out of range comes before ENOSYS") {
  const open_files f;
  check_fails({f.fd, f.dirfd, preopened()}, EINVAL, {out_of_range});
  CHECK(f.untouched());
}
