/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Makes the calls that it is told, one a line, and says what came of each on a line of its own: the
 * same program in the guest and on Linux, so that the two can be compared line by line.
 *
 *   calls [-f SCRIPT]       the calls are on stdin, or in a file
 *
 *   futimens FD TIMES                      futimes FD TIMES
 *   utimensat FD PATH TIMES FLAGS          futimesat FD PATH TIMES
 *   utimes PATH TIMES                      lutimes PATH TIMES            utime PATH TIMES
 *   support FD                             wasi_utimens_fd_support
 *   open VAR PATH MODE, close VAR          `ok directory` where it is one
 *   preopen VAR PATH                       what the guest has preopened; on Linux that directory
 *   chdir PATH, mkdir PATH, rmdir PATH, unlink PATH, rename PATH PATH, symlink PATH PATH
 *   watch PATH-or-@VAR...                  the files whose times are to be told from here on
 *   stats                                  the answer has what must not grow
 *
 * VAR: a name; one that begins with @ can be used before it is set. FD: a VAR, a number, or cwd.
 * PATH: NULL, EMPTY for "", or what it says, with %XX for any byte. TIMES: NULL, or two of
 * SECONDS:FRACTION joined by a comma; FRACTION counts in the call's own unit, or is now or omit.
 * FLAGS: numbers, nofollow, follow and removedir, joined by |. MODE: one of those in `names`.
 *
 * An answer is `ok` (of `support` 0 or 1) or the name of errno, then each time of a watched file
 * that is no longer what it was before the call. After each call all watched times are set back, so
 * that no call depends on what another one did to them.
 */
#include "../examples/errno-name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#if __has_include(<wasi/utimens.h>)
#include <wasi/utimens.h>
#endif

enum { MAX_WORDS = 17, MAX_VARIABLES = 32, MAX_WATCHED = MAX_WORDS - 1 };

/* No fd of this number is ever open. */
static const int never_open = 1000000;

static void die(const char *what, const char *word) {
  fprintf(stderr, "calls: %s: %s\n", what, word == NULL ? "missing" : word);
  exit(2);
}

/* What differs in value between the two sides. */
static const struct name names[] = {
    {"cwd", AT_FDCWD},
    {"nofollow", AT_SYMLINK_NOFOLLOW},
    {"follow", AT_SYMLINK_FOLLOW},
    {"removedir", AT_REMOVEDIR},
    {"now", UTIME_NOW},
    {"omit", UTIME_OMIT},
    {"r", O_RDONLY},
    {"w", O_WRONLY},
    {"rw", O_RDWR},
    {"rd", O_RDONLY | O_DIRECTORY},
    {"wa", O_WRONLY | O_APPEND},
    {"rwc", O_RDWR | O_CREAT},
    {"wcx", O_WRONLY | O_CREAT | O_EXCL},
    {NULL, 0},
};

/* --- The words of a call -------------------------------------------------------------------- */

static char *words[MAX_WORDS];
static int word_count;

static void split(char *line) {
  char *rest;
  word_count = 0;
  for (char *word = strtok_r(line, " \n", &rest); word != NULL;
       word = strtok_r(NULL, " \n", &rest)) {
    if (word_count == MAX_WORDS)
      die("one word too many", word);
    words[word_count++] = word;
  }
  if (word_count == 0)
    die("call", NULL);
}

/* What a name or a number stands for. */
static long long value_of(const char *word) {
  for (const struct name *n = names; n->name != NULL; ++n)
    if (strcmp(n->name, word) == 0)
      return n->value;
  char *end;
  const long long value = strtoll(word, &end, 0);
  if (end == word || *end != '\0')
    die("no number", word);
  return value;
}

static struct variable {
  char name[16];
  int fd;
  bool open;
} variables[MAX_VARIABLES];

/* Where the variable of this name is, or where it could be. */
static struct variable *variable(const char *name) {
  for (struct variable *v = variables; v != variables + MAX_VARIABLES; ++v)
    if (*v->name == '\0' || strcmp(v->name, name) == 0)
      return v;
  die("one variable too many", name);
  return NULL;
}

/* A closed variable keeps its number, unless that is another's by now. */
static int fd_of(const char *word) {
  const struct variable *found = variable(word);
  if (*found->name == '\0')
    return *word == '@' ? never_open : (int)value_of(word);
  for (const struct variable *v = variables; !found->open && v != variables + MAX_VARIABLES; ++v)
    if (v->open && v->fd == found->fd)
      return never_open;
  return found->fd;
}

static const char *path_of(char *word) {
  if (strcmp(word, "NULL") == 0)
    return NULL;
  if (strcmp(word, "EMPTY") == 0)
    return "";
  char *to = word;
  for (const char *from = word; *from != '\0'; ++to) {
    if (*from == '%' && from[1] != '\0' && from[2] != '\0') {
      *to = (char)strtoul((char[]){from[1], from[2], '\0'}, NULL, 16);
      from += 3;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
  return word;
}

/* A pair of times, in each form that a call may want. */
static struct timespec timespecs[2];
static struct timeval timevals[2];
static struct utimbuf utimbuf;

/* Whether there are times; false for NULL. */
static bool times_of(char *word) {
  if (strcmp(word, "NULL") == 0)
    return false;
  char *rest = NULL;
  for (int i = 0; i < 2; ++i) {
    const char *seconds_word = strtok_r(i == 0 ? word : NULL, ":", &rest);
    const char *fraction_word = strtok_r(NULL, ",", &rest);
    if (seconds_word == NULL || fraction_word == NULL)
      die("time", fraction_word);
    const long long seconds = value_of(seconds_word), fraction = value_of(fraction_word);
    timespecs[i] = (struct timespec){.tv_sec = seconds, .tv_nsec = (long)fraction};
    timevals[i] = (struct timeval){seconds, (suseconds_t)fraction};
  }
  utimbuf = (struct utimbuf){timespecs[0].tv_sec, timespecs[1].tv_sec};
  return true;
}

static int flags_of(char *joined) {
  int flags = 0;
  char *rest;
  for (char *one = strtok_r(joined, "|", &rest); one != NULL; one = strtok_r(NULL, "|", &rest))
    flags |= (int)value_of(one);
  return flags;
}

/* --- Watched files -------------------------------------------------------------------------- */

/* Later than any "now", the access time above all: else Linux would move a link's on the way
 * through it (relatime). */
static const struct timespec set_back[2] = {{4000000000, 123456789}, {3000000000, 987654321}};

struct watched {
  char *path;
  bool exists;
  struct timespec times[2];
};

static struct watched watched[MAX_WATCHED];
static int watched_count;
static struct timespec start;

static bool equal(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool read_times(const char *path, struct timespec times[2]) {
  struct stat st;
  if ((*path == '@' ? fstat(fd_of(path), &st) : lstat(path, &st)) != 0)
    return false;
  times[0] = st.st_atim;
  times[1] = st.st_mtim;
  return true;
}

static bool is_now(struct timespec t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return t.tv_sec >= start.tv_sec - 1 && t.tv_sec <= now.tv_sec + 1;
}

/* A file of another user cannot be set back: there, a next "now" has to be another one. */
static void wait_for_another_now(void) {
  const struct timespec pause = {0, 20000000};
  nanosleep(&pause, NULL);
}

static void set_times_back(struct watched *w) {
  w->exists = read_times(w->path, w->times);
  if (!w->exists || (equal(w->times[0], set_back[0]) && equal(w->times[1], set_back[1])))
    return;
  const int result = *w->path == '@' ? futimens(fd_of(w->path), set_back)
                                     : utimensat(AT_FDCWD, w->path, set_back, AT_SYMLINK_NOFOLLOW);
  if (result != 0 && (is_now(w->times[0]) || is_now(w->times[1])))
    wait_for_another_now();
  w->exists = read_times(w->path, w->times);
}

static void set_all_times_back(void) {
  for (int i = 0; i < watched_count; ++i)
    set_times_back(&watched[i]);
}

static void print_changes(void) {
  for (struct watched *w = watched; w != watched + watched_count; ++w) {
    struct timespec times[2];
    if (!w->exists || !read_times(w->path, times))
      continue;
    bool changed = false;
    for (int i = 0; i < 2; ++i) {
      if (equal(times[i], w->times[i]))
        continue;
      changed = true;
      printf(" %s.%s=", w->path, i == 0 ? "atime" : "mtime");
      if (is_now(times[i]))
        fputs("now", stdout);
      else
        printf("%lld.%09ld", (long long)times[i].tv_sec, times[i].tv_nsec);
    }
    if (changed)
      set_times_back(w);
  }
}

static int watch(void) {
  while (watched_count > 0)
    free(watched[--watched_count].path);
  for (int i = 1; i < word_count; ++i)
    watched[watched_count++].path = strdup(path_of(words[i]));
  return 0;
}

/* --- The calls ------------------------------------------------------------------------------ */

static int set_variable(const char *name, int fd) {
  struct variable *v = variable(name);
  if (v->open)
    close(v->fd);
  snprintf(v->name, sizeof v->name, "%s", name);
  v->open = fd >= 0;
  v->fd = fd >= 0 ? fd : never_open;
  return fd >= 0 ? 0 : -1;
}

static int close_variable(struct variable *v) {
  if (!v->open) {
    errno = EBADF;
    return -1;
  }
  v->open = false;
  return close(v->fd);
}

static int preopened_directory(const char *path) {
#ifdef __wasi__
  (void)path;
  return 3;
#else
  return open(path, O_RDONLY | O_DIRECTORY);
#endif
}

/* The result of the call that `words` are. */
static int make(void) {
  char **const w = words;
#define CALL(name, count, ...)                                                                     \
  if (strcmp(w[0], name) == 0 && word_count == 1 + (count))                                        \
    return __VA_ARGS__;
  CALL("futimens", 2, futimens(fd_of(w[1]), times_of(w[2]) ? timespecs : NULL))
  CALL("utimensat", 4,
       utimensat(fd_of(w[1]), path_of(w[2]), times_of(w[3]) ? timespecs : NULL, flags_of(w[4])))
  CALL("futimesat", 3, futimesat(fd_of(w[1]), path_of(w[2]), times_of(w[3]) ? timevals : NULL))
  CALL("utimes", 2, utimes(path_of(w[1]), times_of(w[2]) ? timevals : NULL))
  CALL("utime", 2, utime(path_of(w[1]), times_of(w[2]) ? &utimbuf : NULL))
#if !defined __wasi__ || defined WASI_UTIMENS_VERSION /* stock wasi-libc has none of these */
  CALL("futimes", 2, futimes(fd_of(w[1]), times_of(w[2]) ? timevals : NULL))
  CALL("lutimes", 2, lutimes(path_of(w[1]), times_of(w[2]) ? timevals : NULL))
#endif
#ifdef WASI_UTIMENS_VERSION
  CALL("support", 1, wasi_utimens_fd_support(fd_of(w[1])))
#endif
  CALL("open", 3, set_variable(w[1], open(path_of(w[2]), (int)value_of(w[3]), 0644)))
  CALL("preopen", 2, set_variable(w[1], preopened_directory(path_of(w[2]))))
  CALL("close", 1, close_variable(variable(w[1])))
#ifndef WITHOUT_CHDIR /* for a guest that has no current directory */
  CALL("chdir", 1, chdir(path_of(w[1])))
#endif
  CALL("mkdir", 1, mkdir(path_of(w[1]), 0755))
  CALL("rmdir", 1, rmdir(path_of(w[1])))
  CALL("unlink", 1, unlink(path_of(w[1])))
  CALL("rename", 2, rename(path_of(w[1]), path_of(w[2])))
  CALL("symlink", 2, symlink(path_of(w[1]), path_of(w[2])))
  CALL("watch", word_count - 1, watch())
  CALL("stats", 0, 0)
#undef CALL
  die("no such call", w[0]);
  return -1;
}

static void print_type(const char *variable) {
  struct stat st;
  if (fstat(fd_of(variable), &st) == 0 && S_ISDIR(st.st_mode))
    fputs(" directory", stdout);
}

/* The memory, and the number that the next file descriptor gets. */
static void print_held(void) {
  const int fd = open(".", O_RDONLY | O_DIRECTORY);
  size_t memory = 0;
#ifdef __wasi__
  memory = __builtin_wasm_memory_size(0);
#endif
  printf(" memory=%zu fd=%d", memory, fd);
  close(fd);
}

/* Makes the call of this line, and prints the answer. */
static void answer(char *line) {
  split(line);
  if (word_count == 0)
    die("call", NULL);
  const char *name = words[0];
  const bool family = strstr(name, "utime") != NULL;
  const int untouched = 12345; /* no errno */
  errno = untouched;
  const int result = make();
  const int error = errno;
  if (!family)
    set_all_times_back();
  if (result < 0)
    fputs(errno_name(error), stdout);
  else if (strcmp(name, "support") == 0)
    printf("%d", result);
  else
    fputs("ok", stdout);
  if (result >= 0 && error != untouched)
    printf(",%s", errno_name(error));
  if (result == 0 && strcmp(name, "open") == 0)
    print_type(words[1]);
  if (strcmp(name, "stats") == 0)
    print_held();
  if (family)
    print_changes();
  putchar('\n');
  /* So that the host sees between which lines a call came. */
  fflush(stdout);
}

int main(int argc, char **argv) {
  FILE *script = argc > 2 && strcmp(argv[1], "-f") == 0 ? fopen(argv[2], "r") : stdin;
  if (script == NULL)
    die(argv[2], strerror(errno));
  clock_gettime(CLOCK_REALTIME, &start);
  char *line = NULL;
  for (size_t size = 0; getline(&line, &size, script) > 0;)
    answer(line);
  return 0;
}
