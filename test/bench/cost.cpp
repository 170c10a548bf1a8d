// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call, or one part of a call, once and then COUNT times over: cost DIRECTORY CALL COUNT
//
// CALL is the text of one of those in the file CALLS, which measure.py writes; those of
// docs/SEMANTICS.md are called by this, too. Prints what the first call returned. DIRECTORY has f;
// for some calls it is d and has LONG, which is LONG_NAME, "/d/LONG" being LONG_PATH. Built with
// CHDIR the guest goes there, which changes wasi-libc.

#include "../examples/errno-name.h"

#include "generation/file-descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>
#include <wasi/libc-find-relpath.h>

// Aligned at LONG_NAME, since what libc takes to measure a path depends on where it lies.
alignas(4) static const char aligned[] = " /d/" LONG;
#define LONG_PATH (aligned + 1)
#define LONG_NAME (aligned + 4)

using namespace wasi_utimens;

static constexpr timespec times[2] = {{1, 2}, {3, 4}};
static constexpr auto given = new_timestamps_of(times, file_descriptor::first_unrepresentable);
static constexpr auto symlink_follow = wit::path_flags::symlink_follow;

// The parts of a call that are no expression of one line. Each costs what it costs in a call, and
// nothing for a call of its own.
#define PART [[gnu::always_inline]] inline int

PART look_up(int fd) {
  const file_descriptor found(fd);
  return found.presumed_kind() == fd_kind::file ? 0 : -1;
}

PART preopen(const char *path) {
  const char *prefix;
  const char *relative_path;
  return __wasilibc_find_abspath(path, &prefix, &relative_path);
}

PART cwd(const char *path) {
  static char buffer[PATH_MAX];
  const char *prefix;
  char *relative_path = buffer;
  size_t size = sizeof buffer;
  return __wasilibc_find_relpath_alloc(path, &prefix, &relative_path, &size, false);
}

// The compiler may not unroll the loop, not even around CALL(0), which is what the loop itself
// costs; nor is there a constant in it that is not the call's own.
#define CALL(...)                                                                                  \
  if (strcmp(call, #__VA_ARGS__) == 0) {                                                           \
    known = call;                                                                                  \
    result = (__VA_ARGS__);                                                                        \
    error = errno;                                                                                 \
    for (long i = count; i != 0; --i) {                                                            \
      (void)(__VA_ARGS__);                                                                         \
      __asm__ volatile("" : "+r"(i));                                                              \
    }                                                                                              \
  }

int main(int argc, char **argv) {
  static const timespec bad_times[2] = {{1, 2}, {3, 1000000000}};
  static const timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  static const timeval timevals[2] = {{1, 2}, {3, 4}};
  [[maybe_unused]] static const timeval five_seconds[2] = {{1, 5000000}, {3, 5000000}};
  static const utimbuf utimbuf = {1, 3};
  static const int closed = 77;

  if (argc != 4) {
    return 2;
  }
  const char *call = argv[2];
  const long count = strtol(argv[3], nullptr, 10);
  const int dirfd = open(argv[1], O_RDONLY | O_DIRECTORY);
  const int fd = openat(dirfd, "f", O_RDWR);
  if (fd < 0) {
    perror(argv[1]);
    return 2;
  }
  const file_descriptor file(fd);
  const file_descriptor directory(dirfd);
#ifdef CHDIR
  if (chdir(argv[1]) != 0) {
    return 2;
  }
#endif
  const char *known = nullptr;
  int result = 0;
  int error = 0;
#include CALLS
  if (known == nullptr) {
    fprintf(stderr, "cost: no such call: %s\n", call);
    return 2;
  }
  puts(result < 0 ? errno_name(error) : "0");
  return 0;
}
