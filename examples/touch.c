/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * touch: sets the times of files, and makes the files that are missing.
 *
 *   wasmtime run --dir . touch.wasm -d 2001-02-03T04:05:06.789Z file
 *
 * As POSIX has it, with -h for the link itself (as BSD and GNU have it) and without -t.
 */
#define _GNU_SOURCE

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char failure[] = "touch: %s: %s\n";
static const char usage[] =
    "touch: %s%s\n"
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

/* [.fraction]. Nothing is rounded: a tenth digit is left unread, and so is a point alone. */
static const char *read_fraction(const char *text, long *nanoseconds) {
  *nanoseconds = 0;
  if ((*text == '.' || *text == ',') && isdigit(text[1])) {
    ++text;
    for (long unit = 100000000; unit > 0 && isdigit(*text); unit /= 10) {
      *nanoseconds += unit * (*text++ - '0');
    }
  }
  return text;
}

/* [ZONE], also as stat(1) prints it: " +hhmm". */
static bool read_zone(const char *text, time_t *seconds_ahead) {
  struct tm tm = {0};
  if (*text == '\0' || strcasecmp(text, "Z") == 0) {
    return true;
  }
  text += *text == ' ';
  const char *end = *text == '+' || *text == '-' ? read_tm(text + 1, "%H", &tm) : NULL;
  if (end != NULL && *end != '\0') {
    end = read_tm(end + (*end == ':'), "%M", &tm);
  }
  *seconds_ahead = (*text == '-' ? -60 : 60) * (tm.tm_hour * 60 + tm.tm_min);
  return end != NULL && *end == '\0';
}

static bool read_date(const char *text, struct timespec *time) {
  struct tm tm = {0};
  time_t seconds_ahead = 0;
  time->tv_nsec = 0;
  text = read_tm(text, "%Y-%m-%d", &tm);
  const int day = tm.tm_mday;
  timegm(&tm);
  if (text == NULL || tm.tm_mday != day) { /* a day that the month lacks: timegm goes on counting */
    return false;
  }
  if (*text != '\0') {
    text = strchr("Tt ", *text) == NULL ? NULL : read_tm(text + 1, "%H:%M", &tm);
    if (text != NULL && *text == ':') {
      text = read_tm(text + 1, "%S", &tm);
      text = text == NULL ? NULL : read_fraction(text, &time->tv_nsec);
    }
    if (text == NULL || !read_zone(text, &seconds_ahead)) {
      return false;
    }
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
  text = read_fraction(text + digits, &time->tv_nsec);
  if (negative) { /* nanoseconds count forwards: -0.25 is -1 and 0.75 */
    time->tv_sec = -time->tv_sec - (time->tv_nsec > 0);
    time->tv_nsec = (1000000000 - time->tv_nsec) % 1000000000;
  }
  return digits > 0 && errno != ERANGE && *text == '\0';
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

static int complain(const char *format, const char *what, const char *problem) {
  fprintf(stderr, format, what, problem);
  return EXIT_FAILURE;
}

int main(int argc, char *argv[]) {
  bool given[128] = {false}; /* which options, by their letters */
  const char *argument[128] = {NULL};
  for (int option; (option = getopt(argc, argv, ":achmd:r:")) != -1;) {
    const char name[] = {'-', (char)optopt, '\0'};
    if (option == '?' || option == ':') {
      return complain(usage, name, option == '?' ? " is no option" : " needs an argument");
    }
    given[option] = true;
    argument[option] = optarg;
  }
  if (given['d'] && given['r']) {
    return complain(usage, "", "-d and -r exclude each other");
  }
  if (optind == argc) {
    return complain(usage, "", "no file named");
  }

  const bool follow = !given['h'];
  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
  if (given['d']) {
    const char *const date = argument['d'];
    if (!(*date == '@' ? read_seconds(date + 1, times) : read_date(date, times))) {
      return complain(failure, date, "not a time");
    }
    times[1] = times[0];
  }
  struct stat status;
  if (given['r']) {
    if ((follow ? stat : lstat)(argument['r'], &status) != 0) {
      return complain(failure, argument['r'], strerror(errno));
    }
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
  }
  if (given['a'] != given['m']) { /* one of the two only */
    times[given['a'] ? 1 : 0].tv_nsec = UTIME_OMIT;
  }

  int exit_status = EXIT_SUCCESS;
  for (char **file = argv + optind; *file != NULL; ++file) {
    const int error = touch(*file, times, !given['c'], follow);
    if (error != 0) {
      exit_status = complain(failure, *file, strerror(error));
    }
  }
  return exit_status;
}
