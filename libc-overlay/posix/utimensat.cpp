// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "forms.h"

#include <fcntl.h>
#include <sys/stat.h>

using namespace wasi_utimens;

// Without a path it is the fd form. Linux looks for the path all the same where there is no file
// descriptor either.
int utimensat(int dirfd, const char *path, const timespec times[2], int flags) {
  return path == nullptr && dirfd != AT_FDCWD ? fd_form(dirfd, times, flags)
                                              : path_form(dirfd, path, times, flags);
}
