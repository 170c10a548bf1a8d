/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * utimes-probe: which file times this host sets, found out by setting them and reading them back.
 *
 *   host run --dir . utimes-probe.wasm [--json] [DIRECTORY]
 *
 * It works in a directory of its own, utimes-probe.tmp below DIRECTORY (default "."), and removes
 * it. Exit status 0: the table is whole, whatever it says; 1: the probe could not run.
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

enum place { WORK, A_FILE, RENAMED, A_LINK, A_DIRECTORY };
static const char *const place_name[] = {"", "/file", "/renamed", "/link", "/directory"};
enum { places = sizeof place_name / sizeof place_name[0] };
static char path[places][PATH_MAX];

static bool name_places(void) {
  for (int i = 0; i < places; ++i) {
    const int length =
        snprintf(path[i], sizeof path[i], "%s/utimes-probe.tmp%s", directory, place_name[i]);
    if (length >= (int)sizeof path[i]) {
      errno = ENAMETOOLONG;
      return false;
    }
  }
  return true;
}

/* What is not there is no harm. */
static void remove_files(void) {
  unlink(path[A_FILE]);
  unlink(path[RENAMED]);
  unlink(path[A_LINK]);
  rmdir(path[A_DIRECTORY]);
}

/* The last thing done, however the probe ends. */
static void remove_all(void) {
  const struct timespec times[2] = {directory_before.st_atim, directory_before.st_mtim};
  remove_files();
  rmdir(path[WORK]);
  utimensat(AT_FDCWD, directory, times, 0);
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
  bool has_times;    /* WRONG: whether these are of interest */
  struct timespec asked;
  struct timespec found;
};

static struct outcome works(void) { return (struct outcome){.verdict = WORKS}; }
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
  const char *path;   /* utimensat on this else; where the times are read, NULL: from fd */
  int dirfd;          /* what path is relative to */
  int flags;          /* of utimensat */
  const char *beside; /* NULL, or a path whose own modification time must stay as it is */
};

static int set_times(const struct subject *subject, const struct timespec times[2]) {
  return subject->fd >= 0 ? futimens(subject->fd, times)
                          : utimensat(subject->dirfd, subject->path, times, subject->flags);
}

static int read_times(const struct subject *subject, struct timespec times[2]) {
  struct stat status;
  if ((subject->path == NULL
           ? fstat(subject->fd, &status)
           : fstatat(subject->dirfd, subject->path, &status, subject->flags)) != 0) {
    return -1;
  }
  times[0] = status.st_atim;
  times[1] = status.st_mtim;
  return 0;
}

static bool same(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool both_same(const struct timespec before[2], const struct timespec after[2]) {
  return same(before[0], after[0]) && same(before[1], after[1]);
}

/* What is wrong with one time of a call that succeeded; NULL: nothing. */
static const char *fault_of(struct timespec asked, struct timespec before, struct timespec after) {
  if (asked.tv_nsec == UTIME_OMIT) {
    return same(before, after) ? NULL : "the time to be left alone changed";
  }
  if (same(asked, after)) {
    return NULL;
  }
  if (same(before, after)) {
    return "nothing changed";
  }
  if (asked.tv_nsec == UTIME_NOW) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return after.tv_sec >= now.tv_sec - 2 && after.tv_sec <= now.tv_sec + 2 ? NULL : "not now";
  }
  return asked.tv_sec == after.tv_sec ? "rounded" : "another time";
}

static struct outcome try_times(const struct subject *subject, const struct timespec times[2]) {
  struct timespec before[2];
  struct timespec after[2];
  struct stat beside_before;
  struct stat beside_after;
  if (times[0].tv_nsec == UTIME_NOW) { /* let it be later than the making of the file */
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
  }
  if (read_times(subject, before) != 0 ||
      (subject->beside != NULL && lstat(subject->beside, &beside_before) != 0)) {
    return not_tried();
  }
  const int error = set_times(subject, times) == 0 ? 0 : errno;
  if (read_times(subject, after) != 0 ||
      (subject->beside != NULL && lstat(subject->beside, &beside_after) != 0)) {
    return wrong("times cannot be read any more");
  }
  if (error != 0) {
    if (subject->flags == AT_SYMLINK_NOFOLLOW) { /* looking where a link leads is an access */
      after[0] = before[0];
    }
    return both_same(before, after) ? refused(error) : wrong("refused, yet times changed");
  }
  if (subject->beside != NULL && !same(beside_before.st_mtim, beside_after.st_mtim)) {
    return wrong("another file's time changed");
  }
  for (int i = 0; i < 2; ++i) {
    const char *fault = fault_of(times[i], before[i], after[i]);
    if (fault != NULL) {
      return (struct outcome){WRONG, 0, fault, times[i].tv_nsec >= 0, times[i], after[i]};
    }
  }
  return works();
}

/* --- What it tries --------------------------------------------------------- */

/* Through a descriptor, which is closed, and read by path; NULL: from the descriptor itself. */
static struct outcome try_descriptor(const struct timespec times[2], int fd, const char *name) {
  if (fd < 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = fd, .path = name, .dirfd = AT_FDCWD};
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
  const struct subject subject = {
      .fd = fd, .path = path[RENAMED], .dirfd = AT_FDCWD, .beside = path[A_FILE]};
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
  return try_times(subject, times);
}

static struct outcome through_preopen(const struct timespec times[2]) {
  const struct subject subject = {.fd = preopen(), .path = directory, .dirfd = AT_FDCWD};
  return try_preopen(&subject, times);
}

/* Asking must change nothing, and the answer must be what futimens then finds. */
static struct outcome asking(const struct timespec times[2]) {
  const int fd = new_file();
  const struct subject subject = {.fd = fd, .path = path[A_FILE], .dirfd = AT_FDCWD};
  struct timespec before[2];
  struct timespec after[2];
  if (fd < 0 || read_times(&subject, before) != 0) {
    return not_tried();
  }
  const int answer = wasi_utimens_fd_support(fd);
  const int error = answer == 0 ? ENOSYS : errno;
  const bool nothing_changed = read_times(&subject, after) == 0 && both_same(before, after);
  const bool has_it = futimens(fd, times) == 0 || errno != ENOSYS;
  close(fd);
  if (!nothing_changed) {
    return wrong("asking changed the times");
  }
  if ((answer != 0) != has_it) {
    return wrong("futimens finds otherwise");
  }
  return answer == 1 ? works() : refused(error);
}

static struct outcome by_path(const struct timespec times[2]) {
  if (!make_file()) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1, .path = path[A_FILE], .dirfd = AT_FDCWD};
  return try_times(&subject, times);
}

static struct outcome by_path_from_directory(const struct timespec times[2]) {
  const int dirfd = make_file() ? open(path[WORK], O_RDONLY | O_DIRECTORY) : -1;
  if (dirfd < 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1, .path = place_name[A_FILE] + 1, .dirfd = dirfd};
  const struct outcome outcome = try_times(&subject, times);
  close(dirfd);
  return outcome;
}

static struct outcome directory_by_path(const struct timespec times[2]) {
  if (mkdir(path[A_DIRECTORY], 0777) != 0) {
    return not_tried();
  }
  const struct subject subject = {.fd = -1, .path = path[A_DIRECTORY], .dirfd = AT_FDCWD};
  return try_times(&subject, times);
}

static struct outcome preopen_by_path(const struct timespec times[2]) {
  const struct subject subject = {.fd = -1, .path = directory, .dirfd = AT_FDCWD};
  return try_preopen(&subject, times);
}

static struct outcome following_link(const struct timespec times[2]) {
  if (!make_file() || symlink(place_name[A_FILE] + 1, path[A_LINK]) != 0) {
    return not_tried();
  }
  const struct subject subject = {
      .fd = -1, .path = path[A_LINK], .dirfd = AT_FDCWD, .beside = path[A_LINK]};
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
                                  .beside = path[A_FILE]};
  return try_times(&subject, times);
}

static struct outcome dangling_link_itself(const struct timespec times[2]) {
  if (symlink("missing", path[A_LINK]) != 0) {
    return not_tried();
  }
  const struct subject subject = {
      .fd = -1, .path = path[A_LINK], .dirfd = AT_FDCWD, .flags = AT_SYMLINK_NOFOLLOW};
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
    {"nanoseconds", "nanoseconds", {{1000001, 123456789}, {1000002, 999999999}}},
    {"epoch", "1970-01-01 00:00:00", {{0, 0}, {0, 0}}},
    {"2038", "after 2038", {{2147483648, 0}, {2147483649, 0}}},
    {"2106", "after 2106", {{4294967296, 0}, {4294967297, 0}}},
    {"before-1970", "before 1970 (WASI has no such time)", {{-1, 0}, {-2, 0}}},
};

/* The attempts' times are whole seconds, so that what becomes of a fraction shows in one line only;
 * small, so that a time that some host multiplies is one that a file system can still hold; and
 * others by path than through a descriptor, since the preopened directory is the same file. */
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

static void report_json(const char *form, const char *id, const char *label,
                        const struct outcome *outcome) {
  static const char *separator = "";
  printf("%s\n  {\"id\": \"%s-%s\", \"label\": \"%s\", \"verdict\": \"%s\"", separator, form, id,
         label, verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(", \"errno\": \"%s\"", error_name(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(", \"reason\": \"%s\"", outcome->fault);
  }
  if (outcome->has_times) {
    printf(", \"asked\": \"%lld.%09ld\", \"found\": \"%lld.%09ld\"",
           (long long)outcome->asked.tv_sec, outcome->asked.tv_nsec,
           (long long)outcome->found.tv_sec, outcome->found.tv_nsec);
  }
  putchar('}');
  separator = ",";
}

static void report_line(const char *label, const struct outcome *outcome) {
  printf("  %-44s %s", label, outcome->verdict == WRONG ? "WRONG" : verdict_name[outcome->verdict]);
  if (outcome->error != 0) {
    printf(": %s (%s)", error_name(outcome->error), strerror(outcome->error));
  }
  if (outcome->fault != NULL) {
    printf(": %s", outcome->fault);
  }
  if (outcome->has_times) {
    printf(", asked %lld.%09ld, found %lld.%09ld", (long long)outcome->asked.tv_sec,
           outcome->asked.tv_nsec, (long long)outcome->found.tv_sec, outcome->found.tv_nsec);
  }
  putchar('\n');
}

static void report(const char *form, const char *id, const char *label, struct outcome outcome) {
  ++tally[outcome.verdict];
  if (json) {
    report_json(form, id, label, &outcome);
  } else {
    report_line(label, &outcome);
  }
  remove_files();
}

static int fail(const char *what) {
  fprintf(stderr, "utimes-probe: %s: %s\n", what, strerror(errno));
  return 1;
}

int main(int argc, char *argv[]) {
  int next = 1;
  if (next < argc && strcmp(argv[next], "--json") == 0) {
    json = true;
    ++next;
  }
  if (next < argc && argv[next][0] != '-') {
    directory = argv[next];
    ++next;
  }
  if (next < argc) {
    fprintf(stderr, "usage: utimes-probe [--json] [DIRECTORY]\n");
    return 1;
  }
  if (!name_places() || stat(directory, &directory_before) != 0) {
    return fail(directory);
  }
  if (mkdir(path[WORK], 0777) != 0 && errno != EEXIST) {
    return fail(path[WORK]);
  }
  atexit(remove_all);
  remove_files(); /* of a run that was killed */
  if (!make_file()) {
    return fail(path[A_FILE]);
  }
  remove_files();

  printf(json ? "{\"version\": \"%d.%d.%d\", \"results\": ["
              : "utimes-probe %d.%d.%d: the file times that this host sets\n",
         WASI_UTIMENS_VERSION_MAJOR, WASI_UTIMENS_VERSION_MINOR, WASI_UTIMENS_VERSION_PATCH);
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; ++i) {
    const struct form *form = &forms[i];
    if (!json) {
      printf("\n%s\n", form->label);
    }
    for (size_t j = 0; j < form->count; ++j) {
      const struct attempt *attempt = &form->attempts[j];
      report(form->id, attempt->id, attempt->label, attempt->run(form->times));
    }
    for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; ++j) {
      report(form->id, pairs[j].id, pairs[j].label, form->with_times(pairs[j].times));
    }
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
