/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A guest that does what its arguments say, one call an argument, and writes one line for each:
 * the argument, and what came of it. The tests on the host's side say what to call and see both
 * what the guest got and what reached the host.
 *
 *   open VAR PATH MODE      MODE: letters of r w (or both), a append, c create, d directory
 *   close FD | unlink PATH | rename PATH PATH | chdir PATH
 *   futimens FD TIMES                      futimes FD TIMES
 *   utimensat DIRFD PATH TIMES FLAGS       futimesat DIRFD PATH TIMES
 *   utimes PATH TIMES | lutimes PATH TIMES | utime PATH TIMES
 *   support FD
 *   stat PATH | lstat PATH | fstat FD
 *
 * FD, DIRFD: a variable that `open` set, a number, or cwd. PATH: NULL, or what follows with \xHH
 * for any byte; EMPTY for "". TIMES: NULL, or two of SECONDS:FRACTION joined by a comma, FRACTION a
 * number, now or omit. FLAGS: 0, nofollow or a number.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>
#include <wasi/utimens.h>

static const char *errno_name(int number) {
#define NAME(name)                                                                                 \
  {                                                                                                \
    name, #name                                                                                    \
  }
  static const struct {
    int number;
    const char *name;
  } names[] = {
      NAME(EACCES),  NAME(EAGAIN),  NAME(EALREADY),  NAME(EBADF),       NAME(EBUSY),
      NAME(EDEADLK), NAME(EDQUOT),  NAME(EEXIST),    NAME(EFAULT),      NAME(EFBIG),
      NAME(EILSEQ),  NAME(EINTR),   NAME(EINVAL),    NAME(EINPROGRESS), NAME(EIO),
      NAME(EISDIR),  NAME(ELOOP),   NAME(EMLINK),    NAME(EMSGSIZE),    NAME(ENAMETOOLONG),
      NAME(ENODEV),  NAME(ENOENT),  NAME(ENOLCK),    NAME(ENOMEM),      NAME(ENOSPC),
      NAME(ENOSYS),  NAME(ENOTDIR), NAME(ENOTEMPTY), NAME(ENOTCAPABLE), NAME(ENOTRECOVERABLE),
      NAME(ENOTSUP), NAME(ENOTTY),  NAME(ENXIO),     NAME(EOVERFLOW),   NAME(EPERM),
      NAME(EPIPE),   NAME(EROFS),   NAME(ESPIPE),    NAME(ETXTBSY),     NAME(EXDEV),
  };
#undef NAME
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].number == number)
      return names[i].name;
  static char unnamed[16];
  snprintf(unnamed, sizeof unnamed, "%d", number);
  return unnamed;
}

static void fail(const char *what, const char *word) {
  fprintf(stderr, "calls: %s: %s\n", what, word == NULL ? "missing" : word);
  exit(2);
}

static char *next_word(void) {
  char *word = strtok(NULL, " ");
  if (word == NULL)
    fail("word", NULL);
  return word;
}

static long long number(const char *word) {
  char *end;
  const long long value = strtoll(word, &end, 0);
  if (*word == '\0' || *end != '\0')
    fail("number", word);
  return value;
}

static struct {
  char name[16];
  int fd;
} variables[16];
static size_t variable_count;

static void set_variable(const char *name, int fd) {
  if (variable_count == sizeof variables / sizeof *variables)
    fail("variable", name);
  snprintf(variables[variable_count].name, sizeof variables->name, "%s", name);
  variables[variable_count++].fd = fd;
}

static int next_fd(void) {
  const char *word = next_word();
  if (strcmp(word, "cwd") == 0)
    return AT_FDCWD;
  for (size_t i = variable_count; i-- > 0;)
    if (strcmp(variables[i].name, word) == 0)
      return variables[i].fd;
  return (int)number(word);
}

static const char *next_path(void) {
  char *word = next_word();
  if (strcmp(word, "NULL") == 0)
    return NULL;
  if (strcmp(word, "EMPTY") == 0)
    return "";
  char *to = word;
  for (const char *from = word; *from != '\0'; ++to) {
    if (from[0] == '\\' && from[1] == 'x') {
      const char digits[] = {from[2], from[3], '\0'};
      *to = (char)strtoul(digits, NULL, 16);
      from += 4;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
  return word;
}

struct time {
  long long seconds;
  long long fraction;
};

/* The TIMES of a call, whatever their fraction counts; false for NULL. */
static bool next_times(struct time times[2]) {
  char *word = next_word();
  if (strcmp(word, "NULL") == 0)
    return false;
  for (int i = 0; i < 2; ++i) {
    char *fraction = strchr(word, ':');
    if (fraction == NULL)
      fail("times", word);
    *fraction++ = '\0';
    char *rest = strchr(fraction, ',');
    if (rest != NULL)
      *rest++ = '\0';
    else if (i == 0)
      fail("times", NULL);
    times[i].seconds = number(word);
    times[i].fraction = strcmp(fraction, "now") == 0    ? UTIME_NOW
                        : strcmp(fraction, "omit") == 0 ? UTIME_OMIT
                                                        : number(fraction);
    word = rest;
  }
  return true;
}

static const struct timespec *next_timespecs(struct timespec values[2]) {
  struct time times[2];
  if (!next_times(times))
    return NULL;
  for (int i = 0; i < 2; ++i) {
    values[i].tv_sec = times[i].seconds;
    values[i].tv_nsec = (long)times[i].fraction;
  }
  return values;
}

static const struct timeval *next_timevals(struct timeval values[2]) {
  struct time times[2];
  if (!next_times(times))
    return NULL;
  for (int i = 0; i < 2; ++i) {
    values[i].tv_sec = times[i].seconds;
    values[i].tv_usec = times[i].fraction;
  }
  return values;
}

static const struct utimbuf *next_utimbuf(struct utimbuf *value) {
  struct time times[2];
  if (!next_times(times))
    return NULL;
  value->actime = times[0].seconds;
  value->modtime = times[1].seconds;
  return value;
}

static int next_flags(void) {
  const char *word = next_word();
  return strcmp(word, "nofollow") == 0 ? AT_SYMLINK_NOFOLLOW : (int)number(word);
}

static int next_open_mode(void) {
  const char *mode = next_word();
  const int reads = strchr(mode, 'r') != NULL;
  const int writes = strchr(mode, 'w') != NULL;
  return (reads && writes ? O_RDWR
          : writes        ? O_WRONLY
                          : O_RDONLY) |
         (strchr(mode, 'a') != NULL ? O_APPEND : 0) | (strchr(mode, 'c') != NULL ? O_CREAT : 0) |
         (strchr(mode, 'd') != NULL ? O_DIRECTORY : 0);
}

static int do_call(const char *name, struct stat *st) {
  struct timespec timespecs[2];
  struct timeval timevals[2];
  struct utimbuf utimbuf;
#define IS(word) (strcmp(name, word) == 0)
  if (IS("open")) {
    const char *variable = next_word();
    const char *path = next_path();
    const int fd = open(path, next_open_mode(), 0666);
    set_variable(variable, fd);
    return fd < 0 ? -1 : 0;
  }
  if (IS("close"))
    return close(next_fd());
  if (IS("unlink"))
    return unlink(next_path());
  if (IS("rename")) {
    const char *from = next_path();
    return rename(from, next_path());
  }
#ifndef WITHOUT_CHDIR
  if (IS("chdir"))
    return chdir(next_path());
#endif
  if (IS("stat"))
    return stat(next_path(), st);
  if (IS("lstat"))
    return lstat(next_path(), st);
  if (IS("fstat"))
    return fstat(next_fd(), st);
  if (IS("support"))
    return wasi_utimens_fd_support(next_fd());
  if (IS("futimens")) {
    const int fd = next_fd();
    return futimens(fd, next_timespecs(timespecs));
  }
  if (IS("futimes")) {
    const int fd = next_fd();
    return futimes(fd, next_timevals(timevals));
  }
  if (IS("utimensat")) {
    const int dirfd = next_fd();
    const char *path = next_path();
    const struct timespec *times = next_timespecs(timespecs);
    return utimensat(dirfd, path, times, next_flags());
  }
  if (IS("futimesat")) {
    const int dirfd = next_fd();
    const char *path = next_path();
    return futimesat(dirfd, path, next_timevals(timevals));
  }
  const char *path = next_path();
  if (IS("utimes"))
    return utimes(path, next_timevals(timevals));
  if (IS("lutimes"))
    return lutimes(path, next_timevals(timevals));
  if (IS("utime"))
    return utime(path, next_utimbuf(&utimbuf));
#undef IS
  fail("call", name);
  return -1;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    char *line = strdup(argv[i]);
    struct stat st = {0};
    const int untouched = 12345;
    errno = untouched;
    const int result = do_call(strtok(line, " "), &st);
    const int error = errno;

    printf("%s -> %d", argv[i], result);
    if (result < 0)
      printf(" %s", errno_name(error));
    else if (error != untouched)
      printf(" errno touched");
    if (result == 0 && strstr(argv[i], "stat ") != NULL)
      printf(" %lld.%09ld %lld.%09ld", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    printf("\n");
    /* So that the host sees between which lines a call came. */
    fflush(stdout);
    free(line);
  }
  return 0;
}
