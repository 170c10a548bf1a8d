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

/* --- The files it works on ------------------------------------------------- */

static const char *directory = ".";
static struct stat directory_before;
static bool keep;

enum place { ROOT, WORK, A_FILE, RENAMED, A_LINK, A_DIRECTORY };
static const char *const place_name[] = {"", "", "/file", "/renamed", "/link", "/directory"};
enum { places = sizeof place_name / sizeof place_name[0] };
static char path[places][PATH_MAX];

static bool name_places(const char *row) {
  for (int i = 0; i < places; ++i) {
    const int length = snprintf(path[i], sizeof path[i], "%s/utimes-probe.tmp%s%s%s", directory,
                                i == ROOT ? "" : "/", i == ROOT ? "" : row, place_name[i]);
    if (length >= (int)sizeof path[i]) {
      errno = ENAMETOOLONG;
      return false;
    }
  }
  return true;
}

/* Of the row whose places are named. What is not there is no harm. */
static void remove_files(void) {
  unlink(path[A_FILE]);
  unlink(path[A_LINK]);
  rmdir(path[A_DIRECTORY]);
  if (unlink(path[RENAMED]) != 0) {
    rmdir(path[RENAMED]);
  }
  rmdir(path[WORK]);
}

/* A descriptor of a new file. Some hosts refuse to open for writing (jco with the wasi-libc of
 * 2026), and a descriptor to read will do where its mode does not matter. */
static int new_file(void) {
  const int fd = open(path[A_FILE], O_RDWR | O_CREAT | O_EXCL, 0666);
  return fd >= 0 ? fd : open(path[A_FILE], O_RDONLY | O_CREAT | O_EXCL, 0666);
}

static bool make_file(void) {
  const int fd = new_file();
  return fd >= 0 && close(fd) == 0;
}

/* --- What came of an attempt ----------------------------------------------- */

enum verdict { WORKS, REFUSED, WRONG, NOT_TRIED };
static const char *const verdict_name[] = {"works", "refused", "wrong", "not tried"};

struct outcome {
  enum verdict verdict;
  int error;         /* REFUSED, NOT_TRIED: why */
  const char *fault; /* WRONG: what is */
  int wrong_time; /* WRONG: 1 the access time, 2 the modification time, 0 neither is of interest */
  const char *file; /* whose times were read, NULL: of none that is still there */
  struct timespec asked[2];
  struct timespec found[2];
};

static struct outcome refused(int error) {
  return (struct outcome){.verdict = REFUSED, .error = error};
}
static struct outcome wrong(const char *fault) {
  return (struct outcome){.verdict = WRONG, .fault = fault};
}
static struct outcome not_tried(void) {
  return (struct outcome){.verdict = NOT_TRIED, .error = errno};
}

/* --- Setting times and reading them back ----------------------------------- */

struct subject {
  int fd;             /* futimens on this, where it is not negative */
  const char *path;   /* utimensat on this else */
  int dirfd;          /* what path is relative to */
  int flags;          /* of utimensat */
  const char *file;   /* the file itself, by a name that is no link to it; NULL: it has none */
  const char *beside; /* NULL, or another whose modification time must stay as it is */
};

static int set_times(const struct subject *subject, const struct timespec times[2]) {
  return subject->fd >= 0 ? futimens(subject->fd, times)
                          : utimensat(subject->dirfd, subject->path, times, subject->flags);
}

/* By a name of its own, so that a host that confuses AT_SYMLINK_NOFOLLOW with its contrary does not
 * do so twice. */
static int read_times(const struct subject *subject, struct timespec times[2]) {
  struct stat status;
  if ((subject->file == NULL ? fstat(subject->fd, &status) : lstat(subject->file, &status)) != 0) {
    return -1;
  }
  times[0] = status.st_atim;
  times[1] = status.st_mtim;
  return 0;
}

/* The modification times that must stay: of what is beside, and of the directory around. */
static int read_others(const struct subject *subject, struct timespec times[2]) {
  struct stat status;
  if (lstat(path[WORK], &status) != 0) {
    return -1;
  }
  times[0] = times[1] = status.st_mtim;
  if (subject->beside != NULL) {
    if (lstat(subject->beside, &status) != 0) {
      return -1;
    }
    times[1] = status.st_mtim;
  }
  return 0;
}

static bool same(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool both_same(const struct timespec before[2], const struct timespec after[2]) {
  return same(before[0], after[0]) && same(before[1], after[1]);
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

/* Sets and judges: `outcome` has what was asked and what was found. */
static void judge(const struct subject *subject, struct outcome *outcome) {
  const struct timespec *times = outcome->asked;
  struct timespec before[2];
  struct timespec others_before[2];
  struct timespec others_after[2];
  if (read_times(subject, before) != 0 || read_others(subject, others_before) != 0) {
    *outcome = not_tried();
    return;
  }
  const int error = set_times(subject, times) == 0 ? 0 : errno;
  if (read_times(subject, outcome->found) != 0 || read_others(subject, others_after) != 0) {
    *outcome = wrong("times cannot be read any more");
    return;
  }
  outcome->file = subject->file;
  outcome->verdict = WRONG;
  if (error != 0) {
    struct timespec after[2] = {outcome->found[0], outcome->found[1]};
    if (subject->flags == AT_SYMLINK_NOFOLLOW) { /* looking where a link leads is an access */
      after[0] = before[0];
    }
    outcome->verdict = both_same(before, after) ? REFUSED : WRONG;
    outcome->error = outcome->verdict == REFUSED ? error : 0;
    outcome->fault = outcome->verdict == REFUSED ? NULL : "refused, yet times changed";
    return;
  }
  if (!both_same(others_before, others_after)) {
    outcome->fault = "another file's time changed";
    return;
  }
  for (int i = 0; i < 2; ++i) {
    outcome->fault = fault_of(times[i], before[i], outcome->found[i]);
    if (outcome->fault != NULL) {
      outcome->wrong_time =
          times[i].tv_nsec >= 0 && !same(before[i], outcome->found[i]) ? i + 1 : 0;
      return;
    }
  }
  outcome->verdict = WORKS;
}

static struct outcome try_times(const struct subject *subject, const struct timespec times[2]) {
  struct outcome outcome = {.asked = {times[0], times[1]}};
  if (times[0].tv_nsec == UTIME_NOW) { /* let it be later than the making of the file */
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
  }
  judge(subject, &outcome);
  return outcome;
}

/* --- What it tries --------------------------------------------------------- */

/* Through a descriptor, which is closed. */
static struct outcome try_descriptor(const struct timespec times[2], int fd, const char *file) {
  if (fd < 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = fd, .file = file};
  const struct outcome outcome = try_times(&subject, times);
  close(fd);
  return outcome;
}

static struct outcome through_descriptor(const struct timespec times[2]) {
  return try_descriptor(times, new_file(), path[A_FILE]);
}

static struct outcome through_mode(const struct timespec times[2], int open_flags) {
  if (!make_file()) {
    return not_tried();
  }
  return try_descriptor(times, open(path[A_FILE], open_flags), path[A_FILE]);
}

static struct outcome through_read_only(const struct timespec times[2]) {
  return through_mode(times, O_RDONLY);
}

static struct outcome through_write_only(const struct timespec times[2]) {
  return through_mode(times, O_WRONLY);
}

static struct outcome through_read_write(const struct timespec times[2]) {
  return through_mode(times, O_RDWR);
}

static struct outcome through_append(const struct timespec times[2]) {
  return through_mode(times, O_WRONLY | O_APPEND);
}

/* With another file in its old place, which a host that goes by the path would take for it. */
static struct outcome through_renamed(const struct timespec times[2]) {
  const int fd = new_file();
  if (fd < 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = fd, .file = path[RENAMED], .beside = path[A_FILE]};
  const bool ready = rename(path[A_FILE], path[RENAMED]) == 0 && make_file();
  const struct outcome outcome = ready ? try_times(&subject, times) : not_tried();
  close(fd);
  return outcome;
}

static struct outcome through_unlinked(const struct timespec times[2]) {
  const int fd = new_file();
  if (fd >= 0 && unlink(path[A_FILE]) != 0) {
    close(fd);
    return not_tried();
  }
  return try_descriptor(times, fd, NULL);
}

static struct outcome through_directory(const struct timespec times[2]) {
  if (mkdir(path[A_DIRECTORY], 0777) != 0) {
    return not_tried();
  }
  const int fd = open(path[A_DIRECTORY], O_RDONLY | O_DIRECTORY);
  return try_descriptor(times, fd, path[A_DIRECTORY]);
}

static struct outcome through_renamed_directory(const struct timespec times[2]) {
  const char *there = path[A_DIRECTORY];
  const int fd = mkdir(there, 0777) == 0 ? open(there, O_RDONLY | O_DIRECTORY) : -1;
  if (fd < 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = fd, .file = path[RENAMED], .beside = there};
  const bool ready = rename(there, path[RENAMED]) == 0 && mkdir(there, 0777) == 0;
  const struct outcome outcome = ready ? try_times(&subject, times) : not_tried();
  close(fd);
  return outcome;
}

/* The descriptor that the host gave to libc at the start, where it is one of `directory` and not
 * of what that is below. */
static int preopen(void) {
  const char *prefix;
  const char *relative;
  const int fd = __wasilibc_find_abspath(directory, &prefix, &relative);
  return fd >= 0 && (strcmp(relative, ".") == 0 || strcmp(relative, "") == 0) ? fd : -1;
}

static struct outcome try_preopen(const struct subject *subject, const struct timespec times[2]) {
  if (preopen() < 0) {
    return (struct outcome){.verdict = NOT_TRIED, .fault = "this directory is not a preopened one"};
  }
  /* Not as a run before this one has left it. */
  utimensat(AT_FDCWD, directory, (const struct timespec[2]){{1, 0}, {1, 0}}, 0);
  return try_times(subject, times);
}

static struct outcome through_preopen(const struct timespec times[2]) {
  const struct subject subject = {.fd = preopen(), .file = directory};
  return try_preopen(&subject, times);
}

/* Asking must change nothing, and the answer must be what futimens then finds. */
static struct outcome asking(const struct timespec times[2]) {
  const int fd = new_file();
  const struct subject subject = {.fd = fd, .file = path[A_FILE]};
  struct timespec before[2];
  struct timespec after[2];
  if (fd < 0 || read_times(&subject, before) != 0) {
    return not_tried();
  }
  const int answer = wasi_utimens_fd_support(fd);
  const int error = answer == 0 ? ENOSYS : errno;
  const bool nothing_changed = read_times(&subject, after) == 0 && both_same(before, after);
  const struct outcome then = try_times(&subject, times);
  const bool has_it = then.verdict != REFUSED || then.error != ENOSYS;
  close(fd);
  if (!nothing_changed) {
    return wrong("asking changed the times");
  }
  if ((answer != 0) != has_it) {
    return wrong("futimens finds otherwise");
  }
  if (answer == 1 && then.verdict == WRONG && both_same(before, then.found)) {
    return wrong("the answer is yes, and futimens changes nothing");
  }
  return answer == 1 ? (struct outcome){.verdict = WORKS} : refused(error);
}

static struct outcome by_path(const struct timespec times[2]) {
  if (!make_file()) {
    return not_tried();
  }
  const struct subject subject = {
      .fd = -1, .path = path[A_FILE], .dirfd = AT_FDCWD, .file = path[A_FILE]};
  return try_times(&subject, times);
}

static struct outcome by_path_from_directory(const struct timespec times[2]) {
  const int dirfd = make_file() ? open(path[WORK], O_RDONLY | O_DIRECTORY) : -1;
  if (dirfd < 0) {
    return not_tried();
  }
  const struct subject subject = {
      .fd = -1, .path = place_name[A_FILE] + 1, .dirfd = dirfd, .file = path[A_FILE]};
  const struct outcome outcome = try_times(&subject, times);
  close(dirfd);
  return outcome;
}

static struct outcome directory_by_path(const struct timespec times[2]) {
  if (mkdir(path[A_DIRECTORY], 0777) != 0) {
    return not_tried();
  }
  const struct subject subject = {
      .fd = -1, .path = path[A_DIRECTORY], .dirfd = AT_FDCWD, .file = path[A_DIRECTORY]};
  return try_times(&subject, times);
}

static struct outcome preopen_by_path(const struct timespec times[2]) {
  const struct subject subject = {
      .fd = -1, .path = directory, .dirfd = AT_FDCWD, .file = directory};
  return try_preopen(&subject, times);
}

static struct outcome following_link(const struct timespec times[2]) {
  if (!make_file() || symlink(place_name[A_FILE] + 1, path[A_LINK]) != 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1,
                                  .path = path[A_LINK],
                                  .dirfd = AT_FDCWD,
                                  .file = path[A_FILE],
                                  .beside = path[A_LINK]};
  return try_times(&subject, times);
}

static struct outcome link_itself(const struct timespec times[2]) {
  if (!make_file() || symlink(place_name[A_FILE] + 1, path[A_LINK]) != 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1,
                                  .path = path[A_LINK],
                                  .dirfd = AT_FDCWD,
                                  .flags = AT_SYMLINK_NOFOLLOW,
                                  .file = path[A_LINK],
                                  .beside = path[A_FILE]};
  return try_times(&subject, times);
}

static struct outcome dangling_link_itself(const struct timespec times[2]) {
  if (symlink("missing", path[A_LINK]) != 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1,
                                  .path = path[A_LINK],
                                  .dirfd = AT_FDCWD,
                                  .flags = AT_SYMLINK_NOFOLLOW,
                                  .file = path[A_LINK]};
  return try_times(&subject, times);
}

struct attempt {
  const char *id;
  const char *label;
  struct outcome (*run)(const struct timespec times[2]);
};

static const struct attempt through_descriptors[] = {
    {"read-only", "file opened O_RDONLY", through_read_only},
    {"write-only", "file opened O_WRONLY", through_write_only},
    {"read-write", "file opened O_RDWR", through_read_write},
    {"append", "file opened O_APPEND", through_append},
    {"renamed", "file renamed since, another in its place", through_renamed},
    {"unlinked", "file unlinked since", through_unlinked},
    {"directory", "directory", through_directory},
    {"directory-renamed", "directory renamed since, another in its place",
     through_renamed_directory},
    {"preopen", "preopened directory itself", through_preopen},
    {"asking", "asking first: wasi_utimens_fd_support", asking},
};

static const struct attempt by_paths[] = {
    {"file", "file", by_path},
    {"dirfd", "file relative to a directory's descriptor", by_path_from_directory},
    {"directory", "directory", directory_by_path},
    {"preopen", "preopened directory itself", preopen_by_path},
    {"follow", "file through a symbolic link", following_link},
    {"nofollow", "symbolic link itself", link_itself},
    {"dangling", "dangling symbolic link itself", dangling_link_itself},
};

static const struct {
  const char *id;
  const char *label;
  struct timespec times[2];
} pairs[] = {
    {"now", "both times now", {{0, UTIME_NOW}, {0, UTIME_NOW}}},
    {"access", "access time alone", {{1000001, 0}, {0, UTIME_OMIT}}},
    {"modification", "modification time alone", {{0, UTIME_OMIT}, {1000002, 0}}},
    {"nanoseconds", "nanoseconds, a date of 1970", {{1000001, 123456789}, {1000002, 999999999}}},
    {"today", "nanoseconds, a date of today", {{1700000000, 123456789}, {1800000000, 987654321}}},
    {"epoch", "1970-01-01 00:00:00", {{0, 0}, {0, 0}}},
    {"2038", "after 2038", {{2147483648, 0}, {2147483649, 0}}},
    {"2106", "after 2106", {{4294967296, 0}, {4294967297, 0}}},
    {"before-1970", "before 1970 (WASI has no such time)", {{-1, 0}, {-2, 0}}},
};

/* The attempts' times are whole seconds, so that what becomes of a fraction shows in two lines
 * only; small, so that a time that some host multiplies is one that a file system can still hold;
 * and others by path than through a descriptor, since the preopened directory is the same file. */
static const struct form {
  const char *id;
  const char *label;
  const struct attempt *attempts;
  size_t count;
  struct timespec times[2]; /* for these attempts */
  struct outcome (*with_times)(const struct timespec times[2]);
} forms[] = {
    {"fd",
     "Through a file descriptor: futimens",
     through_descriptors,
     sizeof through_descriptors / sizeof through_descriptors[0],
     {{1000001, 0}, {1000002, 0}},
     through_descriptor},
    {"path",
     "By path: utimensat",
     by_paths,
     sizeof by_paths / sizeof by_paths[0],
     {{1000003, 0}, {1000004, 0}},
     by_path},
};

/* --- What it says ---------------------------------------------------------- */

static bool json;
static int tally[sizeof verdict_name / sizeof verdict_name[0]];

static const char *error_name(int error) {
#define NAME(error)                                                                                \
  {                                                                                                \
    error, #error                                                                                  \
  }
  static const struct {
    int error;
    const char *name;
  } names[] = {
      NAME(EACCES),  NAME(EAGAIN),      NAME(EALREADY), NAME(EBADF),     NAME(EBUSY),
      NAME(EDEADLK), NAME(EDQUOT),      NAME(EEXIST),   NAME(EFAULT),    NAME(EFBIG),
      NAME(EILSEQ),  NAME(EINPROGRESS), NAME(EINTR),    NAME(EINVAL),    NAME(EIO),
      NAME(EISDIR),  NAME(ELOOP),       NAME(EMLINK),   NAME(EMSGSIZE),  NAME(ENAMETOOLONG),
      NAME(ENODEV),  NAME(ENOENT),      NAME(ENOLCK),   NAME(ENOMEM),    NAME(ENOSPC),
      NAME(ENOSYS),  NAME(ENOTCAPABLE), NAME(ENOTDIR),  NAME(ENOTEMPTY), NAME(ENOTRECOVERABLE),
      NAME(ENOTSUP), NAME(ENOTTY),      NAME(ENXIO),    NAME(EOVERFLOW), NAME(EPERM),
      NAME(EPIPE),   NAME(EROFS),       NAME(ESPIPE),   NAME(ETXTBSY),   NAME(EXDEV),
  };
#undef NAME
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    if (names[i].error == error) {
      return names[i].name;
    }
  }
  return "unknown error";
}

static void print_time(struct timespec time) {
  if (time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT) {
    printf("%s", time.tv_nsec == UTIME_NOW ? "now" : "omit");
    return;
  }
  printf("%lld.%09ld", (long long)time.tv_sec, time.tv_nsec);
}

static void print_times_json(const char *name, const struct timespec times[2]) {
  printf(", \"%s\": [\"", name);
  print_time(times[0]);
  printf("\", \"");
  print_time(times[1]);
  printf("\"]");
}

static void begin_json(const char *row, const char *label) {
  static const char *separator = "";
  printf("%s\n  {\"id\": \"%s\", \"label\": \"%s\"", separator, row, label);
  separator = ",";
}

static void end_json(const struct outcome *outcome) {
  printf(", \"verdict\": \"%s\"", verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(", \"errno\": \"%s\"", error_name(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(", \"reason\": \"%s\"", outcome->fault);
  }
  if (outcome->wrong_time != 0) {
    printf(", \"time\": \"%s\"", outcome->wrong_time == 1 ? "access" : "modification");
  }
  if (outcome->file != NULL) {
    const char *relative = outcome->file + strlen(directory);
    printf(", \"file\": \"%s\"", *relative == '/' ? relative + 1 : ".");
  }
  if (outcome->file != NULL || outcome->wrong_time != 0) {
    print_times_json("asked", outcome->asked);
    print_times_json("found", outcome->found);
  }
  putchar('}');
}

static void end_line(const struct outcome *outcome) {
  printf("%s", outcome->verdict == WRONG ? "WRONG" : verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(": %s (%s)", error_name(outcome->error), strerror(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(": %s", outcome->fault);
  }
  if (outcome->wrong_time != 0) {
    printf(", asked ");
    print_time(outcome->asked[outcome->wrong_time - 1]);
    printf(", found ");
    print_time(outcome->found[outcome->wrong_time - 1]);
  }
  putchar('\n');
}

static int fail(const char *what) {
  fprintf(stderr, "utimes-probe: %s: %s\n", what, strerror(errno));
  return 1;
}

/* --- The rows, one after the other ------------------------------------------ */

struct row {
  const struct form *form;
  char id[32];
  const char *label;
  struct outcome (*run)(const struct timespec times[2]);
  const struct timespec *times;
};

/* Names the row's places, too. False after the last one. */
static bool row_at(size_t number, struct row *row) {
  enum { pair_count = sizeof pairs / sizeof pairs[0] };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; ++i) {
    const struct form *form = &forms[i];
    const char *id;
    if (number >= form->count + pair_count) {
      number -= form->count + pair_count;
      continue;
    }
    if (number < form->count) {
      const struct attempt *attempt = &form->attempts[number];
      *row = (struct row){form, "", attempt->label, attempt->run, form->times};
      id = attempt->id;
    } else {
      const size_t pair = number - form->count;
      *row = (struct row){form, "", pairs[pair].label, form->with_times, pairs[pair].times};
      id = pairs[pair].id;
    }
    snprintf(row->id, sizeof row->id, "%s-%s", form->id, id);
    name_places(row->id);
    return true;
  }
  return false;
}

/* Of a run that was killed or kept. */
static void remove_rows(void) {
  struct row row;
  for (size_t i = 0; row_at(i, &row); ++i) {
    remove_files();
  }
}

/* The last thing done, however the probe ends. */
static void tidy(void) {
  const struct timespec times[2] = {directory_before.st_atim, directory_before.st_mtim};
  if (!keep) {
    rmdir(path[ROOT]);
    utimensat(AT_FDCWD, directory, times, 0);
  }
}

/* What is printed before the attempt stays, should the host end here. */
static void run_row(const struct row *row) {
  struct outcome outcome;
  if (json) {
    begin_json(row->id, row->label);
  } else {
    printf("  %-44s ", row->label);
  }
  fflush(stdout);
  outcome = mkdir(path[WORK], 0777) == 0 ? row->run(row->times) : not_tried();
  ++tally[outcome.verdict];
  (json ? end_json : end_line)(&outcome);
  if (!keep) {
    remove_files();
  }
}

static bool is_row(const char *id) {
  struct row row;
  for (size_t i = 0; row_at(i, &row); ++i) {
    if (strcmp(row.id, id) == 0) {
      return true;
    }
  }
  return false;
}

int main(int argc, char *argv[]) {
  const char *only = NULL;
  struct row row;
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
  if (only != NULL && !is_row(only)) {
    fprintf(stderr, "utimes-probe: no row %s: --json names them all, as id\n", only);
    return 1;
  }
  if (mkdir(path[ROOT], 0777) != 0) {
    if (errno != EEXIST) {
      return fail(path[ROOT]);
    }
    remove_rows();
  }
  atexit(tidy);
  name_places("");
  if (!make_file()) {
    return fail(path[A_FILE]);
  }
  unlink(path[A_FILE]);

  printf(json ? "{\"version\": \"%d.%d.%d\", \"results\": ["
              : "utimes-probe %d.%d.%d: the file times that this host sets\n",
         WASI_UTIMENS_VERSION_MAJOR, WASI_UTIMENS_VERSION_MINOR, WASI_UTIMENS_VERSION_PATCH);
  const struct form *form = NULL;
  for (size_t i = 0; row_at(i, &row); ++i) {
    if (only != NULL && strcmp(row.id, only) != 0) {
      continue;
    }
    if (!json && row.form != form) {
      form = row.form;
      printf("\n%s\n", form->label);
    }
    run_row(&row);
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
