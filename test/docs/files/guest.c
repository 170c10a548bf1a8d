#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

int main(void) {
  const struct timespec times[2] = {{1, 2}, {3, 4}};
  const struct timeval timevals[2] = {{1, 2}, {3, 4}};
  const struct utimbuf seconds = {1, 3};
  const int fd = open("file", O_RDWR | O_CREAT, 0666);
  int failed = 0;
  failed += futimens(fd, times) + futimes(fd, timevals) + utimes("file", timevals);
  failed += lutimes("file", timevals) + futimesat(AT_FDCWD, "file", timevals);
  failed += utime("file", &seconds) + utimensat(AT_FDCWD, "file", times, 0);
  failed += utimensat(AT_FDCWD, "file", times, -1) + 1; /* stock takes any flag */
  printf("%s\n", failed == 0 ? "the overlay" : "stock wasi-libc");
  return failed != 0;
}
