/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A guest that opens a file and makes the calls that USE has, those of toolbox.FAMILY.
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
  USE if (failed) perror(path);
  close(fd);
  return failed;
}
