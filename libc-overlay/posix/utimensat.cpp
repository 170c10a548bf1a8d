// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The path form; the fd form where there is no path.

#include "set-fd-times.h"

#include "generation/first-error.h"
#include "pure/set-errno.h"
#include "pure/utf8.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <wasi/libc-find-relpath.h>

using namespace wasi_utimens;

namespace {

// Each of these returns what the C call returns, so that the call to it can be the caller's last
// instruction.

[[gnu::noinline]] int set_path_times(int dirfd, const char *path, const timespec *times,
                                     int flags) {
  const file_descriptor directory(dirfd);
  if (directory.presumed_kind() != fd_kind::file) {
    return set_errno(error_of(directory, ENOTDIR));
  }
  const size_t length = utf8_length(path);
  if (length == not_utf8) {
    return set_errno(first_error(directory, ENOTDIR, EILSEQ));
  }
  const auto requested = new_timestamps_of(times, file_descriptor::first_unrepresentable);
  if (!requested.in_range) {
    return set_errno(first_error(directory, ENOTDIR, EINVAL));
  }
  const auto path_flags =
      (flags & AT_SYMLINK_NOFOLLOW) != 0 ? wit::path_flags::none : wit::path_flags::symlink_follow;
  const int error = directory.call_set_times_at(path_flags, path, length, requested);
  if (error == 0) {
    return 0;
  }
  return set_errno(error == errno_of(wit::error_code::bad_descriptor)
                       ? first_error(directory, ENOTDIR, error)
                       : error);
}

// A path relative to the current directory that chdir(2) left in libc. Not inlined, so that no
// other call pays for the stack.
[[gnu::noinline]] int set_path_times_from_cwd(const char *path, const timespec *times, int flags) {
  char buffer[PATH_MAX];
  char *relative_path = buffer;
  size_t size = sizeof buffer;
  const char *prefix;
  const int dirfd = __wasilibc_find_relpath_alloc(path, &prefix, &relative_path, &size, false);
  if (dirfd < 0) {
    return set_errno(errno == ERANGE ? ENAMETOOLONG : errno);
  }
  return set_path_times(dirfd, relative_path, times, flags);
}

// An absolute path, or one relative to a current directory that is still the root: libc finds the
// preopened directory, and answers with a part of the path itself. Not inlined either.
[[gnu::noinline]] int set_path_times_from_root(const char *path, const timespec *times, int flags) {
  const char *prefix;
  const char *relative_path;
  const int dirfd = __wasilibc_find_abspath(path, &prefix, &relative_path);
  return dirfd < 0 ? -1 : set_path_times(dirfd, relative_path, times, flags);
}

} // namespace

int utimensat(int dirfd, const char *path, const timespec times[2], int flags) {
  if (both_omitted(times)) {
    return 0;
  }
  if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0) {
    return set_errno(EINVAL);
  }
  if (path == nullptr) {
    if (dirfd == AT_FDCWD) {
      return set_errno(EFAULT);
    }
    return set_errno(flags != 0 ? EINVAL : set_fd_times(dirfd, times));
  }
  if (*path == '\0') {
    return set_errno(ENOENT);
  }
  if (*path != '/') {
    if (dirfd != AT_FDCWD) {
      return set_path_times(dirfd, path, times, flags);
    }
    // A weak symbol, defined where the guest links chdir.
    if (__wasilibc_find_relpath_alloc != nullptr) {
      return set_path_times_from_cwd(path, times, flags);
    }
  }
  return set_path_times_from_root(path, times, flags);
}
