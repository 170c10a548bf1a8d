// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all functions share that set times through a file descriptor.

#include "fixture.h"

namespace {

// Through each of the fds every function fails so, whatever good times it is given.
void check_fails(std::initializer_list<int> fds, int error) {
  for (const auto &form : fd_forms) {
    for (const int fd : fds) {
      CAPTURE(form.name, fd);
      CHECK(OUTCOME(form.set(fd, form.exact)) == fails(error));
      CHECK(OUTCOME(form.set(fd, nullptr)) == fails(error));
    }
  }
}

} // namespace

TEST_CASE("fd form: a file opened in any mode") {
  const files f;
  for (const int mode : {O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDWR | O_APPEND}) {
    for (const auto &form : fd_forms) {
      CAPTURE(form.name, mode);
      make_old(f.file);
      const opened fd(f.file, mode);
      CHECK_SETS(fd, f.file, form.set(fd, form.exact), form.exact);
    }
  }
  CHECK(f.untouched(f.file));
}

TEST_CASE("fd form: a directory, on every host") {
  const files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old(f.directory);
    const opened fd(f.directory, O_RDONLY | O_DIRECTORY);
    CHECK(OUTCOME(form.set(fd, form.exact)) == succeeds);
    CHECK(times_of(f.directory) == form.exact);
  }
  CHECK(f.untouched(f.directory));
}

TEST_CASE("fd form: the preopened directory itself, on every host") {
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old("/data");
    CHECK(OUTCOME(form.set(preopened(), form.exact)) == succeeds);
    CHECK(times_of("/data") == form.exact);
    make_old("/data");
    const opened fd("/data", O_RDONLY | O_DIRECTORY);
    CHECK(OUTCOME(form.set(fd, form.exact)) == succeeds);
    CHECK(times_of("/data") == form.exact);
  }
}

TEST_CASE("fd form: a directory takes now and omit as a file does") {
  const files f;
  const opened fd(f.directory, O_RDONLY | O_DIRECTORY);
  for (const int directory : {static_cast<int>(fd), preopened()}) {
    CAPTURE(directory);
    CHECK(futimens(directory, old) == 0);
    CHECK(OUTCOME(futimens(directory, times{{wanted.pair[0], omit}})) == succeeds);
    CHECK(times_of(directory) == times{{wanted.pair[0], old.pair[1]}});
    CHECK(OUTCOME(futimens(directory, times{{omit, wanted.pair[1]}})) == succeeds);
    CHECK(times_of(directory) == wanted);
    CHECK(OUTCOME(futimens(directory, nullptr)) == succeeds);
    CHECK(is_now(times_of(directory).pair[0]));
    CHECK(is_now(times_of(directory).pair[1]));
  }
}

TEST_CASE("fd form: a file that is unlinked") {
  const files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    const std::string path = f.top + "/unlinked";
    const opened fd(path, O_CREAT | O_EXCL | O_RDWR);
    make_old(path);
    CHECK(unlink(path.c_str()) == 0);
    CHECK_SETS(fd, static_cast<int>(fd), form.set(fd, form.exact), form.exact);
  }
}

TEST_CASE("fd form: a file that is renamed, and another takes its place") {
  const files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    const std::string path = f.top + "/name";
    const std::string renamed = f.top + "/renamed";
    const opened fd(path, O_CREAT | O_EXCL | O_RDWR);
    make_old(path);
    CHECK(rename(path.c_str(), renamed.c_str()) == 0);
    const opened other(path, O_CREAT | O_EXCL | O_RDWR);
    make_old(path);
    CHECK_SETS(fd, renamed, form.set(fd, form.exact), form.exact);
    CHECK(times_of(path) == old);
    CHECK(unlink(path.c_str()) == 0);
  }
}

TEST_CASE("fd form: a directory that is renamed") {
  const files f;
  const opened fd(f.directory, O_RDONLY | O_DIRECTORY);
  const std::string renamed = f.top + "/renamed";
  CHECK(rename(f.directory.c_str(), renamed.c_str()) == 0);
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old(renamed);
    CHECK(OUTCOME(form.set(fd, form.exact)) == succeeds);
    CHECK(times_of(renamed) == form.exact);
  }
}

TEST_CASE("fd form: a file that a symbolic link led to") {
  const files f;
  const opened fd(f.link, O_RDWR);
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    CHECK_SETS(fd, f.file, form.set(fd, form.exact), form.exact);
    CHECK(f.untouched(f.file));
  }
}

TEST_CASE("fd form: NULL is now for both") {
  const files f;
  const opened fd(f.file, O_RDWR);
  const bool supported = wasi_utimens_fd_support(fd) != 0;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    CHECK(OUTCOME(form.set(fd, nullptr)) == (supported ? succeeds : fails(ENOSYS)));
    CHECK(is_now(times_of(f.file).pair[0]) == supported);
    CHECK(is_now(times_of(f.file).pair[1]) == supported);
    CHECK((times_of(f.file) == old) == !supported);
  }
}

TEST_CASE("fd form: an fd that is not open is EBADF") {
  check_fails({not_open[0], not_open[1], not_open[2]}, EBADF);
}

TEST_CASE("fd form: a negative fd is EBADF") { check_fails({-1, -3, -4242, INT_MIN}, EBADF); }

TEST_CASE("fd form: a file closed a moment ago is EBADF, and keeps its times") {
  const files f;
  opened fd(f.file, O_RDWR);
  const int number = fd;
  fd.close();
  check_fails({number}, EBADF);
  CHECK(f.untouched());
}

TEST_CASE("fd form: a stdio stream is EINVAL") {
  check_fails({STDOUT_FILENO, STDERR_FILENO}, EINVAL);
}

TEST_CASE("fd form: standard input closed is EBADF, and a file in its place is a file") {
  const files f;
  for (const auto &form : fd_forms) {
    CAPTURE(form.name);
    close(STDIN_FILENO);
    CHECK(OUTCOME(form.set(STDIN_FILENO, form.exact)) == fails(EBADF));
    make_old(f.file);
    const opened fd(f.file, O_RDWR);
    CHECK_SETS(fd, f.file, form.set(fd, form.exact), form.exact);
  }
}

TEST_CASE("fd form, order: an fd that is not open comes before a time out of range") {
  for (const int fd : not_open) {
    CAPTURE(fd);
    CHECK(OUTCOME(futimens(fd, out_of_range)) == fails(EBADF));
    CHECK(OUTCOME(utimensat(fd, nullptr, out_of_range, 0)) == fails(EBADF));
    const timeval bad[2] = {{1, 1'000'000}, {1, 0}};
    CHECK(OUTCOME(futimes(fd, bad)) == fails(EBADF));
    CHECK(OUTCOME(futimesat(fd, nullptr, bad)) == fails(EBADF));
  }
}

TEST_CASE("fd form, order: a time out of range comes before ENOSYS") {
  const files f;
  const opened file(f.file, O_RDWR);
  const opened directory(f.directory, O_RDONLY | O_DIRECTORY);
  for (const int fd : {static_cast<int>(file), static_cast<int>(directory), preopened()}) {
    CAPTURE(fd);
    CHECK(OUTCOME(futimens(fd, out_of_range)) == fails(EINVAL));
    CHECK(OUTCOME(utimensat(fd, nullptr, out_of_range, 0)) == fails(EINVAL));
  }
  CHECK(f.untouched());
}
