/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * touch: sets the times of files, and makes the files that are missing.
 *
 *   wasmtime run --dir . touch.wasm -d 2001-02-03T04:05:06.789Z file
 *
 * As POSIX has it, with -h for the link itself (as BSD and GNU have it) and without -t.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: touch [-achm] [-d TIME | -r FILE] [--] FILE...\n"
    "  -a       the access time only\n"
    "  -m       the modification time only\n"
    "  -c       make no missing file\n"
    "  -h       a symbolic link's own times; makes no missing file either\n"
    "  -d TIME  this time, not the current one: YYYY-MM-DD[Thh:mm[:ss[.fraction]][ZONE]], with a\n"
    "           ZONE of Z, +hh:mm or -hh:mm, else in UTC, or @SECONDS[.fraction] since 1970;\n"
    "           a space will do for the T and a comma for the point; a fraction has 1 to 9 digits\n"
    "  -r FILE  both times of this file\n";

/* --- Reading a time ---------------------------------------------------------
 * Each function reads at *p, steps over what it has read, and says whether it was there. */

static bool take(const char **p, const char *any_of) {
  if (**p == '\0' || strchr(any_of, **p) == NULL) {
    return false;
  }
  ++*p;
  return true;
}

/* A number of at least `min` and at most `max` digits. */
static bool take_number(const char **p, int min, int max, long long *number) {
  int count = 0;
  *number = 0;
  for (; count < max && **p >= '0' && **p <= '9'; ++count, ++*p) {
    const int digit = **p - '0';
    if (*number > (LLONG_MAX - digit) / 10) {
      return false;
    }
    *number = *number * 10 + digit;
  }
  return count >= min;
}

static bool take_two_digits(const char **p, int max, long long *number) {
  return take_number(p, 2, 2, number) && *number <= max;
}

/* [.fraction]. Nothing is rounded, so there can be no tenth digit. */
static bool take_fraction(const char **p, long *nanoseconds) {
  *nanoseconds = 0;
  if (!take(p, ".,")) {
    return true;
  }
  const char *const first = *p;
  long long digits;
  if (!take_number(p, 1, 9, &digits)) {
    return false;
  }
  for (int places = (int)(*p - first); places < 9; ++places) {
    digits *= 10;
  }
  *nanoseconds = (long)digits;
  return true;
}

/* [-]SECONDS[.fraction], what follows the @. */
static bool take_seconds(const char **p, struct timespec *time) {
  const bool negative = take(p, "-");
  long long seconds;
  if (!take_number(p, 1, INT_MAX, &seconds) || !take_fraction(p, &time->tv_nsec)) {
    return false;
  }
  time->tv_sec = negative ? -seconds : seconds;
  if (negative && time->tv_nsec != 0) { /* nanoseconds count forwards: -0.25 is -1 and 0.75 */
    time->tv_sec -= 1;
    time->tv_nsec = 1000000000 - time->tv_nsec;
  }
  return true;
}

static bool is_leap_year(long long year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(long long year, long long month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* From 1970-01-01 to the first of January, in the Gregorian calendar; year 0 or later. */
static long long days_to_year(long long year) {
  const long long before_1970 = 719528; /* days from 0000-01-01 to 1970-01-01 */
  const long long past = year - 1;      /* leap years so far; year 0 was one too */
  const long long leap_years = year == 0 ? 0 : past / 4 - past / 100 + past / 400 + 1;
  return year * 365 + leap_years - before_1970;
}

/* YYYY-MM-DD, in days since 1970-01-01. */
static bool take_date(const char **p, long long *days) {
  long long year;
  long long month;
  long long day;
  if (!take_number(p, 4, 9, &year) || !take(p, "-") || !take_two_digits(p, 12, &month) ||
      month == 0 || !take(p, "-") || !take_two_digits(p, days_of_month(year, month), &day) ||
      day == 0) {
    return false;
  }
  *days = days_to_year(year) + day - 1;
  while (--month > 0) {
    *days += days_of_month(year, month);
  }
  return true;
}

/* Z, +hh, +hhmm, +hh:mm or the like with a minus, perhaps after a space: what stat(1) prints will
 * do. Where there is none it is UTC, since WASI has no time zones. */
static bool take_zone(const char **p, long long *seconds_ahead) {
  *seconds_ahead = 0;
  if (**p == '\0' || take(p, "Zz")) {
    return true;
  }
  take(p, " ");
  const bool behind = **p == '-';
  long long hours;
  long long minutes = 0;
  if (!take(p, "+-") || !take_two_digits(p, 23, &hours)) {
    return false;
  }
  if ((take(p, ":") || **p != '\0') && !take_two_digits(p, 59, &minutes)) {
    return false;
  }
  *seconds_ahead = (hours * 60 + minutes) * (behind ? -60 : 60);
  return true;
}

/* hh:mm[:ss[.fraction]][ZONE], in seconds since midnight UTC. POSIX has a second 60, which counts
 * as the first of the next minute. */
static bool take_time_of_day(const char **p, long long *seconds, long *nanoseconds) {
  long long hour;
  long long minute;
  long long second = 0;
  long long seconds_ahead;
  if (!take_two_digits(p, 23, &hour) || !take(p, ":") || !take_two_digits(p, 59, &minute) ||
      (take(p, ":") && (!take_two_digits(p, 60, &second) || !take_fraction(p, nanoseconds))) ||
      !take_zone(p, &seconds_ahead)) {
    return false;
  }
  *seconds = (hour * 60 + minute) * 60 + second - seconds_ahead;
  return true;
}

static bool take_calendar_time(const char **p, struct timespec *time) {
  long long days;
  long long seconds = 0;
  time->tv_nsec = 0;
  if (!take_date(p, &days) || (take(p, "Tt ") && !take_time_of_day(p, &seconds, &time->tv_nsec))) {
    return false;
  }
  time->tv_sec = days * 24 * 60 * 60 + seconds;
  return true;
}

static bool read_time(const char *text, struct timespec *time) {
  const char *p = text;
  return (take(&p, "@") ? take_seconds(&p, time) : take_calendar_time(&p, time)) && *p == '\0';
}

/* --- Setting it ------------------------------------------------------------- */

/* Through a descriptor of the file, made where it is missing. */
static int touch_by_descriptor(const char *file, const struct timespec times[2], bool *opened) {
  const int fd = open(file, O_WRONLY | O_CREAT, 0666);
  *opened = fd >= 0;
  if (fd < 0) {
    return -1;
  }
  const int result = futimens(fd, times);
  const int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Whatever else the path names: a directory or a file that we may not write cannot be opened, and
 * some hosts have no times through a descriptor (ENOSYS), yet their owner may set them by path. */
static int touch(const char *file, const struct timespec times[2], bool create, bool follow) {
  int open_error = 0;
  if (create && follow) {
    bool opened;
    if (touch_by_descriptor(file, times, &opened) == 0) {
      return 0;
    }
    if (opened && errno != ENOSYS) {
      return -1;
    }
    open_error = opened ? 0 : errno;
  }
  if (utimensat(AT_FDCWD, file, times, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ||
      (!create && errno == ENOENT)) {
    return 0;
  }
  if (open_error != 0 && open_error != EISDIR) { /* why there is no such file */
    errno = open_error;
  }
  return -1;
}

/* One line that says what is wrong; the exit status with which touch ends. */
static int complain(const char *file) {
  fprintf(stderr, "touch: %s: %s\n", file, strerror(errno));
  return 1;
}

/* WASI 0.2 knows success and failure only: there a host sees this 2 as a 1. */
enum { usage_status = 2 };

static int complain_of_usage(const char *option, const char *problem) {
  fprintf(stderr, "touch: %s%s\n%s", option, problem, usage);
  return usage_status;
}

int main(int argc, char *argv[]) {
  bool access = false;
  bool modification = false;
  bool create = true;
  bool follow = true;
  const char *date = NULL;
  const char *reference = NULL;

  int option;
  while ((option = getopt(argc, argv, ":achmd:r:")) != -1) {
    const char letter[] = {'-', (char)optopt, '\0'}; /* for the two errors */
    switch (option) {
    case 'a':
      access = true;
      break;
    case 'c':
      create = false;
      break;
    case 'h':
      follow = false;
      break;
    case 'm':
      modification = true;
      break;
    case 'd':
      date = optarg;
      break;
    case 'r':
      reference = optarg;
      break;
    case ':':
      return complain_of_usage(letter, " needs an argument");
    default:
      return complain_of_usage(letter, " is no option");
    }
  }
  if (date != NULL && reference != NULL) {
    return complain_of_usage("", "-d and -r exclude each other");
  }
  if (optind == argc) {
    return complain_of_usage("", "no file named");
  }

  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
  if (date != NULL) {
    if (!read_time(date, &times[0])) {
      fprintf(stderr, "touch: %s: not a time\n", date);
      return usage_status;
    }
    times[1] = times[0];
  } else if (reference != NULL) {
    struct stat status;
    if ((follow ? stat(reference, &status) : lstat(reference, &status)) != 0) {
      return complain(reference);
    }
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
  }
  if (access && !modification) {
    times[1].tv_nsec = UTIME_OMIT;
  }
  if (modification && !access) {
    times[0].tv_nsec = UTIME_OMIT;
  }

  int exit_status = 0;
  for (; optind < argc; ++optind) {
    if (touch(argv[optind], times, create, follow) != 0) {
      exit_status = complain(argv[optind]);
    }
  }
  return exit_status;
}
