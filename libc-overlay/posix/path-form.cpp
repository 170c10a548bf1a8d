// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "forms.h"
#include "pure/utf8.h"
#include "refuse.h"

#include <fcntl.h>
#include <limits.h>
#include <wasi/libc-find-relpath.h>

namespace wasi_utimens {

namespace {

[[gnu::noinline]] int set_times_at(int dirfd, const char *path, const timespec *times, int flags) {
  const descriptor fd(dirfd);
  if (fd.presumed_kind() != descriptor_kind::file) {
    return reason(fd, 0, ENOTDIR);
  }
  const size_t length = utf8_length(path);
  if (length == not_utf8) {
    return reason(fd, EILSEQ, ENOTDIR);
  }
  const auto new_times = new_times_of(times, descriptor::latest);
  if (!new_times.in_range) {
    return reason(fd, EINVAL, ENOTDIR);
  }
  const auto path_flags = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? wit::path_flags::none
                                                             : wit::path_flags::symlink_follow;
  const int error = fd.set_times_at(path_flags, path, length, new_times);
  return error == errno_of(wit::error_code::bad_descriptor) ? reason(fd, error, ENOTDIR) : error;
}

// A path under the current directory that chdir(2) left in libc. Apart, so that only these calls
// pay for the stack.
[[gnu::noinline]] int set_times_from_cwd(const char *path, const timespec *times, int flags) {
  char buffer[PATH_MAX];
  char *relative_path = buffer;
  size_t size = sizeof buffer;
  const char *prefix;
  const int dirfd = __wasilibc_find_relpath_alloc(path, &prefix, &relative_path, &size, false);
  if (dirfd < 0) {
    return errno == ERANGE ? ENAMETOOLONG : errno;
  }
  return set_times_at(dirfd, relative_path, times, flags);
}

// An absolute path, or one relative to a current directory that is still the root: a part of the
// path itself.
int set_times_from_root(const char *path, const timespec *times, int flags) {
  const char *prefix;
  const char *relative_path;
  const int dirfd = __wasilibc_find_abspath(path, &prefix, &relative_path);
  return dirfd < 0 ? errno : set_times_at(dirfd, relative_path, times, flags);
}

int set_path_times(int dirfd, const char *path, const timespec *times, int flags) {
  if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0) {
    return EINVAL;
  }
  if (path == nullptr) {
    return EFAULT;
  }
  if (*path == '\0') {
    return ENOENT;
  }
  if (*path == '/') {
    return set_times_from_root(path, times, flags);
  }
  if (dirfd != AT_FDCWD) {
    return set_times_at(dirfd, path, times, flags);
  }
  // The symbol is weak: it is there where the guest links chdir.
  return __wasilibc_find_relpath_alloc != nullptr ? set_times_from_cwd(path, times, flags)
                                                  : set_times_from_root(path, times, flags);
}

} // namespace

int path_form(int dirfd, const char *path, const timespec *times, int flags) {
  return both_omitted(times) ? 0 : returned(set_path_times(dirfd, path, times, flags));
}

} // namespace wasi_utimens
