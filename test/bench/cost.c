/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * One call, many times over: cost CALL COUNT [SLICES]
 *
 * CALL is the text of one of those below. Prints what the first call returned. With SLICES it makes
 * COUNT calls so many times and also prints how many nanoseconds a call took in the median slice:
 * what else the machine does meets few slices. The files are d/f and d/LONG_NAME; LONG_PATH is
 * "/d/LONG_NAME". Built with CHDIR the guest has a current directory, which changes wasi-libc;
 * built with STOCK it makes no call that wasi-libc lacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define LONG_PATH "/d/" LONG_NAME

static const char *errno_name(int number) {
  switch (number) {
  case EBADF:
    return "EBADF";
  case EFAULT:
    return "EFAULT";
  case EILSEQ:
    return "EILSEQ";
  case EINVAL:
    return "EINVAL";
  case ENOENT:
    return "ENOENT";
  case ENOTDIR:
    return "ENOTDIR";
  default:
    return strerror(number);
  }
}

static long long monotonic_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int open_or_exit(const char *path, int flags) {
  const int fd = open(path, flags);
  if (fd < 0) {
    perror(path);
    exit(2);
  }
  return fd;
}

/* The loop around every call. The compiler may not unroll it: not even around CALL(0), which is
 * what the loop itself costs. */
#define LOOP(statement)                                                                            \
  for (long i = count; i != 0; --i) {                                                              \
    statement;                                                                                     \
    __asm__ volatile("" : "+r"(i));                                                                \
  }

#define CALL(...)                                                                                  \
  if (strcmp(call, #__VA_ARGS__) == 0) {                                                           \
    known = 1;                                                                                     \
    result = (__VA_ARGS__);                                                                        \
    error = errno;                                                                                 \
    for (int s = 0; s < slices; ++s) {                                                             \
      const long long start = monotonic_clock();                                                   \
      LOOP((void)(__VA_ARGS__))                                                                    \
      slice[s] = monotonic_clock() - start;                                                        \
    }                                                                                              \
  }

enum { MAX_SLICES = 1000 };

static int compare(const void *a, const void *b) {
  const long long x = *(const long long *)a;
  const long long y = *(const long long *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  static const struct timespec times[2] = {{1, 2}, {3, 4}};
  static const struct timespec bad_times[2] = {{1, 2}, {3, 1000000000}};
  static const struct timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  static const struct timeval timevals[2] = {{1, 2}, {3, 4}};
  static const struct utimbuf utimbuf = {1, 3};
  static const int closed = 77;

  if (argc < 3)
    return 2;
  const char *call = argv[1];
  const long count = strtol(argv[2], NULL, 10);
  const int slices = argc > 3 ? atoi(argv[3]) : 1;
  static long long slice[MAX_SLICES];
  if (slices < 1 || slices > MAX_SLICES)
    return 2;
  const int fd = open_or_exit("d/f", O_RDWR);
  const int dirfd = open_or_exit("d", O_RDONLY | O_DIRECTORY);
#ifdef CHDIR
  if (chdir("d") != 0)
    return 2;
#endif

  int known = 0;
  int result = 0;
  int error = 0;
  CALL(0)

  CALL(futimens(fd, times))
  CALL(futimens(fd, NULL))
  CALL(utimensat(fd, NULL, times, 0))
  CALL(futimesat(fd, NULL, timevals))
#ifndef STOCK
  CALL(futimes(fd, timevals))
  CALL(lutimes("/d/f", timevals))
#endif

  CALL(utimensat(AT_FDCWD, "/d/f", times, 0))
  CALL(utimensat(AT_FDCWD, "/d/f", times, AT_SYMLINK_NOFOLLOW))
  CALL(utimensat(AT_FDCWD, "d/f", times, 0))
  CALL(utimensat(AT_FDCWD, "f", times, 0))
  CALL(utimensat(dirfd, "f", times, 0))
  CALL(utimensat(AT_FDCWD, LONG_PATH, times, 0))
  CALL(utimensat(dirfd, LONG_NAME, times, 0))
  CALL(futimesat(dirfd, "f", timevals))
  CALL(utimes("/d/f", timevals))
  CALL(utime("/d/f", &utimbuf))

  CALL(futimens(fd, omit))
  CALL(futimens(fd, bad_times))
  CALL(futimens(-1, times))
  CALL(futimens(closed, times))
  CALL(futimens(STDOUT_FILENO, times))
  CALL(utimensat(AT_FDCWD, "/d/f", omit, 0))
  CALL(utimensat(AT_FDCWD, "/d/f", bad_times, 0))
  CALL(utimensat(dirfd, "f", bad_times, 0))
  CALL(utimensat(dirfd, "f", times, -1))
  CALL(utimensat(AT_FDCWD, "", times, 0))
  CALL(utimensat(AT_FDCWD, NULL, times, 0))
  CALL(utimensat(closed, "f", times, 0))
  CALL(utimensat(AT_FDCWD, "/elsewhere", times, 0))
  CALL(utimensat(dirfd, "\xff", times, 0))
  CALL(utimensat(dirfd, "missing", times, 0))

  if (!known) {
    fprintf(stderr, "cost: no such call: %s\n", call);
    return 2;
  }
  printf("%d%s%s\n", result, result < 0 ? " " : "", result < 0 ? errno_name(error) : "");
  if (argc > 3) {
    qsort(slice, (size_t)slices, sizeof *slice, compare);
    printf("%.1f\n", (double)slice[slices / 2] / (double)count);
  }
  return 0;
}
