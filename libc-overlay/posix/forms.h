// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two forms that every function of the family comes down to. docs/SEMANTICS.md has their steps.
#pragma once

#include <time.h>

namespace wasi_utimens {

// Times through a file descriptor: utimensat without a path. Like path_form it returns what the C
// call returns, errno set.
int fd_form(int fd, const timespec *times, int flags);

// Times by path.
int path_form(int dirfd, const char *path, const timespec *times, int flags);

// The fd form as far as the host: 0 or an errno, with both times UTIME_OMIT asked of it too.
int set_fd_times(int fd, const timespec *times);

} // namespace wasi_utimens
