/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * utimes-probe: which file times this host sets, found out by setting them and reading them back.
 *
 *   host run --dir . utimes-probe.wasm [--json] [--keep] [--only ROW] [DIRECTORY]
 *
 * Each row works in a directory of its own, utimes-probe.tmp/ROW below DIRECTORY (default "."),
 * which is removed. With --keep all stays as it was set, for a look from outside: a host that is
 * wrong alike when it sets and when it reads cannot be caught from inside. Exit status 0: the table
 * is whole, whatever it says; 1: the probe could not run. A host that ends the probe in the middle
 * has done so in the row that was begun last and has no verdict.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>
#include <wasi/utimens.h>

#include "errno-name.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- The files it works on ------------------------------------------------- */

static const char *directory = ".";
static struct stat directory_before;
static bool keep;

/* PREOPENED is `directory` itself; each row has its files in a WORK of its own. */
enum place { NONE, UNLINKED, PREOPENED, ROOT, WORK, A_FILE, RENAMED, A_LINK, A_DIRECTORY };
static const char *const place_format[] = {
    [NONE] = "",
    [UNLINKED] = "",
    [PREOPENED] = "%s",
    [ROOT] = "%s/utimes-probe.tmp",
    [WORK] = "%s/utimes-probe.tmp/%s",
    [A_FILE] = "%s/utimes-probe.tmp/%s/file",
    [RENAMED] = "%s/utimes-probe.tmp/%s/renamed",
    [A_LINK] = "%s/utimes-probe.tmp/%s/link",
    [A_DIRECTORY] = "%s/utimes-probe.tmp/%s/directory",
};
static char path[COUNT(place_format)][PATH_MAX];

static bool name_places(const char *row) {
  for (size_t i = 0; i < COUNT(path); ++i) {
    const int length = snprintf(path[i], sizeof path[i], place_format[i], directory, row);
    if (length >= (int)sizeof path[i]) {
      errno = ENAMETOOLONG;
      return false;
    }
  }
  return true;
}

/* Of the row whose places are named, those that are there; WORK last. */
static void remove_files(void) {
  for (enum place place = COUNT(path) - 1; place >= WORK; --place) {
    if (unlink(path[place]) != 0) {
      rmdir(path[place]);
    }
  }
}

static bool make(enum place place) {
  int fd;
  switch (place) {
  case A_FILE:
    fd = open(path[place], O_RDONLY | O_CREAT | O_EXCL, 0666);
    return fd >= 0 && close(fd) == 0;
  case A_LINK:
    return symlink("file", path[place]) == 0;
  case A_DIRECTORY:
    return mkdir(path[place], 0777) == 0;
  case PREOPENED: /* which is there: not as a run before this one has left it */
    utimensat(AT_FDCWD, directory, (const struct timespec[2]){{1, 0}, {1, 0}}, 0);
    return true;
  default:
    return true;
  }
}

/* The descriptor that the host gave to libc at the start, where it is one of `directory` and not
 * of what that is below. */
static int preopen(void) {
  const char *prefix;
  const char *relative;
  const int fd = __wasilibc_find_abspath(directory, &prefix, &relative);
  return fd >= 0 && (strcmp(relative, ".") == 0 || strcmp(relative, "") == 0) ? fd : -1;
}

/* --- What it tries --------------------------------------------------------- */

enum form { FD, PATH };
static const char *const form_label[] = {
    [FD] = "Through a file descriptor: futimens",
    [PATH] = "By path: utimensat",
};

/* The times that are tried in both forms: ROW(id, label, access time, modification time) each. */
#define EACH_TIME(ROW)                                                                             \
  ROW("now", "both times now", {0, UTIME_NOW}, {0, UTIME_NOW})                                     \
  ROW("access", "access time alone", {1000001, 0}, {0, UTIME_OMIT})                                \
  ROW("modification", "modification time alone", {0, UTIME_OMIT}, {1000002, 0})                    \
  ROW("nanoseconds", "nanoseconds, a date of 1970", {1000001, 123456789}, {1000002, 999999999})    \
  ROW("today", "nanoseconds, a date of today", {1700000000, 123456789}, {1800000000, 987654321})   \
  ROW("epoch", "1970-01-01 00:00:00", {0, 0}, {0, 0})                                              \
  ROW("2038", "after 2038", {2147483648, 0}, {2147483649, 0})                                      \
  ROW("2106", "after 2106", {4294967296, 0}, {4294967297, 0})                                      \
  ROW("before-1970", "before 1970 (WASI has no such time)", {-1, 0}, {-2, 0})
#define FD_ROW(id, ...) ROW(FD, "fd-" id, __VA_ARGS__)
#define PATH_ROW(id, ...) ROW(PATH, "path-" id, __VA_ARGS__)
#define ROW(form, id, label, ...)                                                                  \
  {form, id, label, .made = A_FILE, .times = (const struct timespec[]){__VA_ARGS__}},

/* In the order in which they are tried. */
static const struct row {
  enum form form;
  const char *id;
  const char *label;
  enum place made; /* and opened, or called by its name */
  enum place file; /* whose times are set, where that is another; RENAMED, UNLINKED: what was made,
                      which has become so since it was opened */
  enum place also; /* what is made then, beside it */
  int mode;        /* FD: how it is opened; 0: to write or, where that is refused, to read */
  bool asks;       /* FD: wasi_utimens_fd_support first */
  bool relative;   /* PATH: to a descriptor of WORK */
  int flags;       /* PATH: of utimensat */
  const struct timespec *times; /* NULL: the usual ones */
} rows[] = {
    {FD, "fd-read-only", "file opened O_RDONLY", .made = A_FILE, .mode = O_RDONLY},
    {FD, "fd-write-only", "file opened O_WRONLY", .made = A_FILE, .mode = O_WRONLY},
    {FD, "fd-read-write", "file opened O_RDWR", .made = A_FILE, .mode = O_RDWR},
    {FD, "fd-append", "file opened O_APPEND", .made = A_FILE, .mode = O_WRONLY | O_APPEND},
    /* A host that goes by the path would take the other for it. */
    {FD, "fd-renamed", "file renamed since, another in its place", .made = A_FILE, .file = RENAMED,
     .also = A_FILE},
    {FD, "fd-unlinked", "file unlinked since", .made = A_FILE, .file = UNLINKED},
    {FD, "fd-directory", "directory", .made = A_DIRECTORY, .mode = O_RDONLY | O_DIRECTORY},
    {FD, "fd-directory-renamed", "directory renamed since, another in its place",
     .made = A_DIRECTORY, .file = RENAMED, .also = A_DIRECTORY, .mode = O_RDONLY | O_DIRECTORY},
    {FD, "fd-preopen", "preopened directory itself", .made = PREOPENED},
    {FD, "fd-asking", "asking first: wasi_utimens_fd_support", .made = A_FILE, .asks = true},
    EACH_TIME(FD_ROW)
    /* And by path. */
    {PATH, "path-file", "file", .made = A_FILE},
    {PATH, "path-dirfd", "file relative to a directory's descriptor", .made = A_FILE,
     .relative = true},
    {PATH, "path-directory", "directory", .made = A_DIRECTORY},
    {PATH, "path-preopen", "preopened directory itself", .made = PREOPENED},
    {PATH, "path-follow", "file through a symbolic link", .made = A_LINK, .file = A_FILE,
     .also = A_FILE},
    {PATH, "path-nofollow", "symbolic link itself", .made = A_LINK, .also = A_FILE,
     .flags = AT_SYMLINK_NOFOLLOW},
    {PATH, "path-dangling", "dangling symbolic link itself", .made = A_LINK,
     .flags = AT_SYMLINK_NOFOLLOW},
    EACH_TIME(PATH_ROW)};

static enum place file_of(const struct row *row) {
  return row->file == NONE ? row->made : row->file;
}

/* Whole seconds, so that what becomes of a fraction shows in two lines only; small, so that a time
 * that some host multiplies is one that a file system can still hold; and others by path than
 * through a descriptor, since the preopened directory is the same file. */
static const struct timespec *times_of(const struct row *row) {
  static const struct timespec usual[][2] = {
      [FD] = {{1000001, 0}, {1000002, 0}},
      [PATH] = {{1000003, 0}, {1000004, 0}},
  };
  return row->times == NULL ? usual[row->form] : row->times;
}

/* --- What came of it ------------------------------------------------------- */

enum verdict { WORKS, REFUSED, WRONG, NOT_TRIED };
static const char *const verdict_name[] = {"works", "refused", "wrong", "not tried"};

struct outcome {
  enum verdict verdict;
  int error;         /* REFUSED, NOT_TRIED: why */
  const char *fault; /* WRONG: what is */
  int wrong_time;  /* WRONG: 1 the access time, 2 the modification time, 0 neither is of interest */
  enum place file; /* whose times were found; NONE: nobody's */
  struct timespec found[2];
};

static struct outcome answered(int error) {
  return (struct outcome){.verdict = error == 0 ? WORKS : REFUSED, .error = error};
}
static struct outcome wrong(const char *fault) {
  return (struct outcome){.verdict = WRONG, .fault = fault};
}
static struct outcome not_tried(void) {
  return (struct outcome){.verdict = NOT_TRIED, .error = errno};
}

/* --- Setting times and reading them back ----------------------------------- */

/* In what follows, fd is what futimens is called with, or what the path is relative to. */
static int set_times(const struct row *row, int fd) {
  const char *name = path[row->made] + (row->relative ? strlen(path[WORK]) + 1 : 0);
  return row->form == FD ? futimens(fd, times_of(row))
                         : utimensat(fd, name, times_of(row), row->flags);
}

struct seen {
  struct timespec file[2];
  struct timespec others[COUNT(path)]; /* what else is there: modification times, which must stay */
};

/* By names of their own, so that a host that confuses AT_SYMLINK_NOFOLLOW with its contrary does
 * not do so twice. */
static bool look(const struct row *row, int fd, struct seen *seen) {
  const enum place file = file_of(row);
  struct stat status;
  if ((file == UNLINKED ? fstat(fd, &status) : lstat(path[file], &status)) != 0) {
    return false;
  }
  *seen = (struct seen){.file = {status.st_atim, status.st_mtim}};
  for (enum place other = WORK; other < COUNT(path); ++other) {
    if (other != file && lstat(path[other], &status) == 0) {
      seen->others[other] = status.st_mtim;
    }
  }
  return true;
}

static bool same(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool all_same(const struct timespec *before, const struct timespec *after, size_t count) {
  size_t i = 0;
  while (i < count && same(before[i], after[i])) {
    ++i;
  }
  return i == count;
}

/* What is wrong with one time of a call that succeeded; NULL: nothing. A time that was as asked for
 * before the call proves nothing. */
static const char *fault_of(struct timespec asked, struct timespec before, struct timespec after) {
  static const struct timespec zero;
  if (asked.tv_nsec == UTIME_OMIT) {
    return same(before, after) ? NULL : "the time to be left alone changed";
  }
  if (same(before, after)) {
    return same(after, zero) ? "reads 0, before and after" : "nothing changed";
  }
  if (asked.tv_nsec == UTIME_NOW) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return after.tv_sec >= now.tv_sec - 2 && after.tv_sec <= now.tv_sec + 2 ? NULL : "not now";
  }
  if (same(asked, after)) {
    return NULL;
  }
  return asked.tv_sec == after.tv_sec ? "rounded" : "another time";
}

/* Of a call that answered `error`, or 0. */
static struct outcome judged(const struct row *row, int error, const struct seen *before,
                             const struct seen *after) {
  if (error != 0) {
    /* Looking where a link leads is an access. */
    const bool link = row->flags == AT_SYMLINK_NOFOLLOW;
    const bool unchanged =
        (link || same(before->file[0], after->file[0])) && same(before->file[1], after->file[1]);
    return unchanged ? answered(error) : wrong("refused, yet times changed");
  }
  if (!all_same(before->others, after->others, COUNT(path))) {
    return wrong("another file's time changed");
  }
  for (int i = 0; i < 2; ++i) {
    const struct timespec asked = times_of(row)[i];
    struct outcome outcome = wrong(fault_of(asked, before->file[i], after->file[i]));
    if (outcome.fault != NULL) {
      const bool changed = !same(before->file[i], after->file[i]);
      outcome.wrong_time = asked.tv_nsec >= 0 && changed ? i + 1 : 0;
      return outcome;
    }
  }
  return answered(0);
}

static struct outcome try_times(const struct row *row, int fd) {
  struct seen before;
  struct seen after;
  if (times_of(row)[0].tv_nsec == UTIME_NOW) { /* let it be later than the making of the file */
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
  }
  if (!look(row, fd, &before)) {
    return not_tried();
  }
  const int error = set_times(row, fd) == 0 ? 0 : errno;
  if (!look(row, fd, &after)) {
    return wrong("times cannot be read any more");
  }
  struct outcome outcome = judged(row, error, &before, &after);
  outcome.file = row->file == UNLINKED ? NONE : file_of(row);
  memcpy(outcome.found, after.file, sizeof outcome.found);
  return outcome;
}

/* Asking must change nothing, and the answer must be what futimens then finds. */
static struct outcome ask(const struct row *row, int fd) {
  struct seen before;
  struct seen after;
  if (!look(row, fd, &before)) {
    return not_tried();
  }
  const int answer = wasi_utimens_fd_support(fd);
  const int error = answer == 0 ? ENOSYS : errno;
  const bool nothing_changed = look(row, fd, &after) && all_same(before.file, after.file, 2);
  const struct outcome then = try_times(row, fd);
  const bool has_it = then.verdict != REFUSED || then.error != ENOSYS;
  if (!nothing_changed) {
    return wrong("asking changed the times");
  }
  if ((answer != 0) != has_it) {
    return wrong("futimens finds otherwise");
  }
  if (answer == 1 && then.verdict == WRONG && all_same(before.file, then.found, 2)) {
    return wrong("the answer is yes, and futimens changes nothing");
  }
  return answered(answer == 1 ? 0 : error);
}

/* --- One row --------------------------------------------------------------- */

/* What futimens is called with, or what the path is relative to; -1: it cannot be had. */
static int open_base(const struct row *row) {
  if (row->form == PATH) {
    return row->relative ? open(path[WORK], O_RDONLY | O_DIRECTORY) : AT_FDCWD;
  }
  if (row->made == PREOPENED) {
    return preopen();
  }
  /* Some hosts refuse to open for writing (jco with the wasi-libc of 2026). */
  const bool any = row->mode == 0;
  const int fd = open(path[row->made], any ? O_RDWR : row->mode);
  return fd < 0 && any ? open(path[row->made], O_RDONLY) : fd;
}

/* Once it is open. */
static bool change_places(const struct row *row) {
  const char *made = path[row->made];
  return (row->file != RENAMED || rename(made, path[RENAMED]) == 0) &&
         (row->file != UNLINKED || unlink(made) == 0) && make(row->also);
}

static struct outcome try_row(const struct row *row) {
  if (row->made == PREOPENED && preopen() < 0) {
    return (struct outcome){.verdict = NOT_TRIED, .fault = "this directory is not a preopened one"};
  }
  const int fd = make(row->made) ? open_base(row) : -1;
  const bool ready = fd != -1 && change_places(row);
  const struct outcome outcome = !ready ? not_tried() : (row->asks ? ask : try_times)(row, fd);
  if (fd >= 0 && row->made != PREOPENED) {
    close(fd);
  }
  return outcome;
}

/* --- What it says ---------------------------------------------------------- */

static bool json;
static int tally[COUNT(verdict_name)];

static void print_time(const char *before, struct timespec time) {
  if (time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT) {
    printf("%s%s", before, time.tv_nsec == UTIME_NOW ? "now" : "omit");
  } else {
    printf("%s%lld.%09ld", before, (long long)time.tv_sec, time.tv_nsec);
  }
}

/* What is printed before the attempt stays, should the host end here. */
static void begin(const struct row *row, bool first) {
  if (json) {
    printf("%s\n  {\"id\": \"%s\", \"label\": \"%s\"", first ? "" : ",", row->id, row->label);
  } else {
    if (first || row->form != row[-1].form) {
      printf("\n%s\n", form_label[row->form]);
    }
    printf("  %-44s ", row->label);
  }
  fflush(stdout);
}

static void end_json(const struct row *row, const struct outcome *outcome) {
  printf(", \"verdict\": \"%s\"", verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(", \"errno\": \"%s\"", errno_name(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(", \"reason\": \"%s\"", outcome->fault);
  }
  if (outcome->wrong_time != 0) {
    printf(", \"time\": \"%s\"", outcome->wrong_time == 1 ? "access" : "modification");
  }
  if (outcome->file != NONE) {
    const char *relative = path[outcome->file] + strlen(directory);
    printf(", \"file\": \"%s\"", *relative == '/' ? relative + 1 : ".");
  }
  if (outcome->file != NONE || outcome->wrong_time != 0) {
    print_time(", \"asked\": [\"", times_of(row)[0]);
    print_time("\", \"", times_of(row)[1]);
    print_time("\"], \"found\": [\"", outcome->found[0]);
    print_time("\", \"", outcome->found[1]);
    printf("\"]");
  }
  putchar('}');
}

static void end_line(const struct row *row, const struct outcome *outcome) {
  printf("%s", outcome->verdict == WRONG ? "WRONG" : verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(": %s (%s)", errno_name(outcome->error), strerror(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(": %s", outcome->fault);
  }
  if (outcome->wrong_time != 0) {
    print_time(", asked ", times_of(row)[outcome->wrong_time - 1]);
    print_time(", found ", outcome->found[outcome->wrong_time - 1]);
  }
  putchar('\n');
}

static int fail(const char *what) {
  fprintf(stderr, "utimes-probe: %s: %s\n", what, strerror(errno));
  return 1;
}

/* --- The rows, one after the other ------------------------------------------ */

/* The last thing done, however the probe ends. */
static void tidy(void) {
  const struct timespec times[2] = {directory_before.st_atim, directory_before.st_mtim};
  if (!keep) {
    rmdir(path[ROOT]);
    utimensat(AT_FDCWD, directory, times, 0);
  }
}

static void run(const struct row *row) {
  const struct outcome outcome = mkdir(path[WORK], 0777) == 0 ? try_row(row) : not_tried();
  ++tally[outcome.verdict];
  (json ? end_json : end_line)(row, &outcome);
  if (!keep) {
    remove_files();
  }
}

int main(int argc, char *argv[]) {
  const char *only = NULL;
  int next = 1;
  for (; next < argc && argv[next][0] == '-'; ++next) {
    if (strcmp(argv[next], "--json") == 0) {
      json = true;
    } else if (strcmp(argv[next], "--keep") == 0) {
      keep = true;
    } else if (strcmp(argv[next], "--only") == 0 && next + 1 < argc) {
      only = argv[++next];
    } else {
      break;
    }
  }
  if (next < argc && argv[next][0] != '-') {
    directory = argv[next];
    ++next;
  }
  if (next < argc) {
    fprintf(stderr, "usage: utimes-probe [--json] [--keep] [--only ROW] [DIRECTORY]\n");
    return 1;
  }
  if (!name_places("fd-directory-renamed") || stat(directory, &directory_before) != 0) {
    return fail(directory);
  }
  size_t first = 0;
  while (only != NULL && first < COUNT(rows) && strcmp(rows[first].id, only) != 0) {
    ++first;
  }
  if (first == COUNT(rows)) {
    fprintf(stderr, "utimes-probe: no row %s: --json names them all, as id\n", only);
    return 1;
  }
  if (mkdir(path[ROOT], 0777) != 0) {
    if (errno != EEXIST) {
      return fail(path[ROOT]);
    }
    for (size_t i = 0; i < COUNT(rows); ++i) { /* of a run that was killed or kept */
      name_places(rows[i].id);
      remove_files();
    }
  }
  atexit(tidy);
  name_places("");
  if (!make(A_FILE)) {
    return fail(path[A_FILE]);
  }
  unlink(path[A_FILE]);

  printf(json ? "{\"version\": \"%d.%d.%d\", \"results\": ["
              : "utimes-probe %d.%d.%d: the file times that this host sets\n",
         WASI_UTIMENS_VERSION_MAJOR, WASI_UTIMENS_VERSION_MINOR, WASI_UTIMENS_VERSION_PATCH);
  const size_t end = only == NULL ? COUNT(rows) : first + 1;
  for (size_t i = first; i < end; ++i) {
    name_places(rows[i].id);
    begin(&rows[i], i == first);
    run(&rows[i]);
  }
  if (json) {
    puts("\n]}");
  } else {
    putchar('\n');
    for (int i = 0; i <= NOT_TRIED; ++i) {
      printf("%s%d %s", i == 0 ? "" : ", ", tally[i], verdict_name[i]);
    }
    putchar('\n');
  }
  if (fflush(stdout) != 0) {
    return fail("standard output");
  }
  return 0;
}
