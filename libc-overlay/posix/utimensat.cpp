// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The path form; the fd form where there is no path.

#include "set-fd-times.h"

#include "generation/reason.h"
#include "pure/returned.h"
#include "pure/utf8.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <wasi/libc-find-relpath.h>

using namespace wasi_utimens;

namespace {

// Each of these returns what the C call returns, so that nothing is left to do behind it.

[[gnu::noinline]] int set_times_at(int dirfd, const char *path, const timespec *times, int flags) {
  const descriptor fd(dirfd);
  if (fd.presumed_kind() != descriptor_kind::file) {
    return returned(reason(fd, 0, ENOTDIR));
  }
  const size_t length = utf8_length(path);
  if (length == not_utf8) {
    return returned(reason(fd, EILSEQ, ENOTDIR));
  }
  const auto new_times = new_times_of(times, descriptor::end);
  if (!new_times.in_range) {
    return returned(reason(fd, EINVAL, ENOTDIR));
  }
  const auto path_flags =
      (flags & AT_SYMLINK_NOFOLLOW) != 0 ? wit::path_flags::none : wit::path_flags::symlink_follow;
  const int error = fd.set_times_at(path_flags, path, length, new_times);
  if (error == 0) {
    return 0;
  }
  return returned(error == errno_of(wit::error_code::bad_descriptor) ? reason(fd, error, ENOTDIR)
                                                                     : error);
}

// A path under the current directory that chdir(2) left in libc. Apart, like the next, so that only
// these calls pay for the stack.
[[gnu::noinline]] int set_times_from_cwd(const char *path, const timespec *times, int flags) {
  char buffer[PATH_MAX];
  char *relative_path = buffer;
  size_t size = sizeof buffer;
  const char *prefix;
  const int dirfd = __wasilibc_find_relpath_alloc(path, &prefix, &relative_path, &size, false);
  if (dirfd < 0) {
    return returned(errno == ERANGE ? ENAMETOOLONG : errno);
  }
  return set_times_at(dirfd, relative_path, times, flags);
}

// An absolute path, or one relative to a current directory that is still the root: a part of the
// path itself.
[[gnu::noinline]] int set_times_from_root(const char *path, const timespec *times, int flags) {
  const char *prefix;
  const char *relative_path;
  const int dirfd = __wasilibc_find_abspath(path, &prefix, &relative_path);
  return dirfd < 0 ? -1 : set_times_at(dirfd, relative_path, times, flags);
}

} // namespace

int utimensat(int dirfd, const char *path, const timespec times[2], int flags) {
  if (both_omitted(times)) {
    return 0;
  }
  if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0) {
    return returned(EINVAL);
  }
  if (path == nullptr) {
    return returned(dirfd == AT_FDCWD ? EFAULT : flags != 0 ? EINVAL : set_fd_times(dirfd, times));
  }
  if (*path == '\0') {
    return returned(ENOENT);
  }
  if (*path != '/') {
    if (dirfd != AT_FDCWD) {
      return set_times_at(dirfd, path, times, flags);
    }
    // The symbol is weak: it is there where the guest links chdir.
    if (__wasilibc_find_relpath_alloc != nullptr) {
      return set_times_from_cwd(path, times, flags);
    }
  }
  return set_times_from_root(path, times, flags);
}
