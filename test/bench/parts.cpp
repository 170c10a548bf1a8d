// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One part of a call, many times over: parts PART COUNT [PATH]
//
// What a call is made of that is not ours: the host's function with nothing before it, and what
// wasi-libc takes to find the descriptor of an fd, and the preopened directory of PATH. Built with
// CHDIR the guest has a current directory.

#include BENCH_GENERATION

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

// The loop of cost.c.
template <class Part> static void loop(long count, Part part) {
  for (long i = count; i != 0; --i) {
    part();
    __asm__ volatile("" : "+r"(i));
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    return 2;
  }
  const char *part = argv[1];
  const long count = strtol(argv[2], nullptr, 10);
  const int fd = open("d/f", O_RDWR);
  const int dirfd = open("d", O_RDONLY | O_DIRECTORY);
  if (fd < 0 || dirfd < 0) {
    return 2;
  }
  const auto is = [part](const char *name) { return strcmp(part, name) == 0; };
  if (is("nothing")) {
    loop(count, [] {});
  } else if (is("set-times")) {
    const auto file = host_descriptor_of(fd);
    loop(count, [file] { import_set_times(file); });
  } else if (is("set-times-now")) {
    const auto file = host_descriptor_of(fd);
    loop(count, [file] { import_set_times_now(file); });
  } else if (is("set-times-at")) {
    const auto directory = host_descriptor_of(dirfd);
    loop(count, [directory] { import_set_times_at(directory, "f", 1); });
  } else if (is("descriptor")) {
    loop(count, [fd] { look_up(fd); });
  } else if (is("preopen") && argc > 3) {
    const char *path = argv[3];
    loop(count, [path] {
      const char *prefix;
      const char *relative_path;
      __wasilibc_find_abspath(path, &prefix, &relative_path);
    });
#ifdef CHDIR
  } else if (is("cwd") && argc > 3) {
    if (chdir("d") != 0) {
      return 2;
    }
    const char *path = argv[3];
    static char buffer[PATH_MAX];
    loop(count, [path] {
      const char *prefix;
      char *relative_path = buffer;
      size_t size = sizeof buffer;
      __wasilibc_find_relpath_alloc(path, &prefix, &relative_path, &size, false);
    });
#endif
  } else {
    fprintf(stderr, "parts: no such part: %s\n", part);
    return 2;
  }
  return 0;
}
