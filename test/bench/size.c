/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a call adds to a guest: built with -DUSE_FUTIMENS, -DUSE_UTIMENSAT, -DUSE_STOCK_FAMILY (the
 * five that wasi-libc has), -DUSE_FAMILY (all seven), or with none of them, to compare.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

int main(int argc, char **argv) {
  const char *path = argv[argc - 1];
  const int fd = open(path, O_RDONLY);
  int failed = fd < 0;
#if defined USE_FUTIMENS || defined USE_STOCK_FAMILY || defined USE_FAMILY
  failed |= futimens(fd, NULL);
#endif
#if defined USE_UTIMENSAT || defined USE_STOCK_FAMILY || defined USE_FAMILY
  failed |= utimensat(AT_FDCWD, path, NULL, 0);
#endif
#if defined USE_STOCK_FAMILY || defined USE_FAMILY
  failed |= utimes(path, NULL);
  failed |= utime(path, NULL);
  failed |= futimesat(AT_FDCWD, path, NULL);
#endif
#if defined USE_FAMILY
  failed |= futimes(fd, NULL);
  failed |= lutimes(path, NULL);
#endif
  if (failed)
    perror(path);
  close(fd);
  return failed;
}
