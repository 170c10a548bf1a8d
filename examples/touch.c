/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * touch: sets the times of files, and makes the files that are missing.
 *
 *   wasmtime run --dir . touch.wasm -d 2001-02-03T04:05:06.789Z file
 *
 * As POSIX has it, with -h for the link itself (as BSD and GNU have it) and without -t.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: touch [-achm] [-d TIME | -r FILE] [--] FILE...\n"
    "  -a, -m   the access time only, the modification time only\n"
    "  -c       make no missing file\n"
    "  -h       a symbolic link's own times; makes no missing file either\n"
    "  -d TIME  this time, not the current one: YYYY-MM-DD[Thh:mm[:ss[.fraction]][ZONE]], with a\n"
    "           ZONE of Z, +hh:mm or -hh:mm, else in UTC, or @SECONDS[.fraction] since 1970;\n"
    "           a space will do for the T and a comma for the point; a fraction has 1 to 9 digits\n"
    "  -r FILE  both times of this file\n";

/* As strptime, but only what strftime would write: strptime takes one digit where two belong. */
static const char *read_tm(const char *text, const char *format, struct tm *tm) {
  char written[sizeof "YYYY-MM-DD"];
  const char *const end = strptime(text, format, tm);
  const size_t length = end == NULL ? 0 : strftime(written, sizeof written, format, tm);
  return length > 0 && strncmp(text, written, length) == 0 ? end : NULL;
}

/* [.fraction]. Nothing is rounded, so there can be no tenth digit. */
static const char *read_fraction(const char *text, long *nanoseconds) {
  *nanoseconds = 0;
  if (*text != '.' && *text != ',') {
    return text;
  }
  const size_t digits = strspn(++text, "0123456789");
  for (size_t i = 0; i < 9; ++i) {
    *nanoseconds = *nanoseconds * 10 + (i < digits ? text[i] - '0' : 0);
  }
  return digits >= 1 && digits <= 9 ? text + digits : NULL;
}

/* +hh:mm, or as stat(1) prints it: " +hhmm". */
static bool read_zone(const char *text, time_t *seconds_ahead) {
  struct tm tm = {0};
  text += *text == ' ';
  const int sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
  const char *end = sign == 0 ? NULL : read_tm(text + 1, "%H", &tm);
  if (end != NULL && *end != '\0') {
    end = read_tm(end + (*end == ':'), "%M", &tm);
  }
  *seconds_ahead = sign * (tm.tm_hour * 60 + tm.tm_min) * 60;
  return end != NULL && *end == '\0';
}

static bool read_date(const char *text, struct timespec *time) {
  struct tm tm = {0};
  const char *p = read_tm(text, "%Y-%m-%d", &tm);
  const int day = tm.tm_mday;
  *time = (struct timespec){.tv_sec = timegm(&tm)};
  if (p == NULL || tm.tm_mday != day) { /* a day that the month lacks: timegm goes on counting */
    return false;
  }
  if (*p != '\0') {
    p = strchr("Tt ", *p) == NULL ? NULL : read_tm(p + 1, "%H:%M", &tm);
    if (p != NULL && *p == ':') {
      p = read_tm(p + 1, "%S", &tm);
      p = p == NULL ? NULL : read_fraction(p, &time->tv_nsec);
    }
  }
  time_t seconds_ahead = 0;
  if (p == NULL || (*p != '\0' && strcasecmp(p, "Z") != 0 && !read_zone(p, &seconds_ahead))) {
    return false;
  }
  time->tv_sec = timegm(&tm) - seconds_ahead;
  return true;
}

static bool read_seconds(const char *text, struct timespec *time) {
  const bool negative = *text == '-';
  text += negative;
  const size_t digits = strspn(text, "0123456789");
  errno = 0;
  time->tv_sec = strtoll(text, NULL, 10);
  const char *const end = read_fraction(text + digits, &time->tv_nsec);
  if (negative) { /* nanoseconds count forwards: -0.25 is -1 and 0.75 */
    time->tv_sec = -time->tv_sec - (time->tv_nsec > 0);
    time->tv_nsec = (1000000000 - time->tv_nsec) % 1000000000;
  }
  return digits > 0 && errno != ERANGE && end != NULL && *end == '\0';
}

/* 0, or the errno of what went wrong. A directory or a file that we may not write cannot be opened,
 * and some hosts have no times through a descriptor (ENOSYS): those are served by path. */
static int touch(const char *file, const struct timespec times[2], bool create, bool follow) {
  int open_error = 0;
  if (create && follow) {
    const int fd = open(file, O_WRONLY | O_CREAT, 0666);
    open_error = fd < 0 && errno != EISDIR ? errno : 0;
    if (fd >= 0) {
      const int error = futimens(fd, times) == 0 ? 0 : errno;
      close(fd);
      if (error != ENOSYS) {
        return error;
      }
    }
  }
  if (utimensat(AT_FDCWD, file, times, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ||
      (!create && errno == ENOENT)) {
    return 0;
  }
  return open_error != 0 ? open_error : errno; /* why there is no such file */
}

/* The exit status. WASI 0.2 knows success and failure only: there a host sees this 2 as a 1. */
static int complain_of_usage(const char *option, const char *problem) {
  fprintf(stderr, "touch: %s%s\n%s", option, problem, usage);
  return 2;
}

static int complain(const char *what, const char *problem) {
  fprintf(stderr, "touch: %s: %s\n", what, problem);
  return 1;
}

int main(int argc, char *argv[]) {
  bool given[128] = {false}; /* which options, by their letters */
  const char *argument[128] = {NULL};
  for (int option; (option = getopt(argc, argv, ":achmd:r:")) != -1;) {
    const char name[] = {'-', (char)optopt, '\0'};
    if (option == '?' || option == ':') {
      return complain_of_usage(name, option == '?' ? " is no option" : " needs an argument");
    }
    given[option] = true;
    argument[option] = optarg;
  }
  if (given['d'] && given['r']) {
    return complain_of_usage("", "-d and -r exclude each other");
  }
  if (optind == argc) {
    return complain_of_usage("", "no file named");
  }

  const bool follow = !given['h'];
  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
  if (given['d']) {
    const char *const date = argument['d'];
    if (!(*date == '@' ? read_seconds(date + 1, times) : read_date(date, times))) {
      return complain(date, "not a time");
    }
    times[1] = times[0];
  }
  struct stat status;
  if (given['r']) {
    if ((follow ? stat : lstat)(argument['r'], &status) != 0) {
      return complain(argument['r'], strerror(errno));
    }
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
  }
  if (given['a'] != given['m']) { /* one of the two only */
    times[given['a'] ? 1 : 0].tv_nsec = UTIME_OMIT;
  }

  int exit_status = 0;
  for (char **file = argv + optind; *file != NULL; ++file) {
    const int error = touch(*file, times, !given['c'], follow);
    if (error != 0) {
      exit_status = complain(*file, strerror(error));
    }
  }
  return exit_status;
}
