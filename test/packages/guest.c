#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <wasi/utimens.h>

int main(void) {
  const struct timespec times[2] = {{1, 2}, {3, 4}};
  const struct timeval timevals[2] = {{5, 6}, {7, 8}};
  const int fd = open("/d/file", O_RDWR | O_CREAT, 0666);
  printf("%d ", futimes(fd, timevals));
  printf("%d ", lutimes("/d/file", timevals));
  printf("%d ", utimensat(AT_FDCWD, "", times, 0)); // stock: 0, the current directory
  printf("%d ", wasi_utimens_fd_support(fd));
  errno = 0;
  printf("%d ", futimens(fd, times));
  printf("%s\n", errno == ENOSYS ? "ENOSYS" : errno == 0 ? "ok" : "?");
}
