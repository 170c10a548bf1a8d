/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Makes the calls that it is told and says what came of each: the same program in the guest and on
 * Linux, so that the two can be compared line by line.
 *
 *   calls CALL...             each call is an argument, and each answer follows it: CALL -> ANSWER
 *   calls -f SCRIPT [FIRST]   one call a line, one answer a line. FIRST is the line (from 0) to go
 *                             on from after a call that ended the guest: of those before it all but
 *                             the utime family are made, and none is answered.
 *
 *   futimens FD TIMES                      futimes FD TIMES
 *   utimensat FD PATH TIMES FLAGS          futimesat FD PATH TIMES
 *   utimes PATH TIMES                      lutimes PATH TIMES            utime PATH TIMES
 *   support FD                             wasi_utimens_fd_support
 *   stat PATH, lstat PATH, fstat FD        the answer has both times
 *   open VAR PATH MODE, close VAR, closeall
 *   preopen VAR PATH                       what the guest has preopened; on Linux the directory
 * PATH chdir PATH, mkdir PATH, rmdir PATH, unlink PATH, rename PATH PATH, symlink PATH PATH watch
 * PATH-or-@VAR...                  the files whose times are to be told from here on stats tells,
 * on a line of its own, what must not grow, and waits for a line on stdin
 *
 * VAR: a name; one that begins with @ can be used before it is set. FD: a VAR, a number, or cwd.
 * PATH: NULL, EMPTY for "", or what it says, with %XX for any byte. TIMES: NULL, or two of
 * SECONDS:FRACTION joined by a comma; FRACTION counts in the call's own unit, or is now or omit.
 * FLAGS: numbers, nofollow, follow and removedir, joined by |. MODE: one of mode_names.
 *
 * An answer is `ok` or the name of errno (of `support` 0 or 1; a script's `open` says if it is a
 * directory), then each time of a watched file that is no longer what it was before the call. After
 * each call all watched times are set back, so that no call depends on what another one did to
 * them.
 */
#include "errno-name.h"

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

#if defined __wasi__ && !defined STOCK
#include <wasi/utimens.h>
#endif

enum { MAX_WORDS = 17, MAX_VARIABLES = 32, MAX_WATCHED = MAX_WORDS - 1 };

/* No fd of this number is ever open. */
static const int never_open = 1000000;

static void die(const char *what, const char *word) {
  fprintf(stderr, "calls: %s: %s\n", what, word == NULL ? "missing" : word);
  exit(2);
}

/* --- Names, which differ in value between the two sides ----------------------------------- */

static const struct name flag_names[] = {
    {"nofollow", AT_SYMLINK_NOFOLLOW},
    {"follow", AT_SYMLINK_FOLLOW},
    {"removedir", AT_REMOVEDIR},
    {NULL, 0},
};

static const struct name fraction_names[] = {{"now", UTIME_NOW}, {"omit", UTIME_OMIT}, {NULL, 0}};

static const struct name mode_names[] = {
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
  for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    if (word_count == MAX_WORDS)
      die("one word too many", word);
    words[word_count++] = word;
  }
}

static long long number(const char *word) {
  char *end;
  const long long value = strtoll(word, &end, 0);
  if (end == word || *end != '\0')
    die("no number", word);
  return value;
}

/* What a name or a number stands for. */
static long long value_of(const struct name *names, const char *word) {
  for (const struct name *n = names; n->name != NULL; ++n)
    if (strcmp(n->name, word) == 0)
      return n->value;
  return number(word);
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
  if (strcmp(word, "cwd") == 0)
    return AT_FDCWD;
  const struct variable *found = variable(word);
  if (*found->name == '\0')
    return *word == '@' ? never_open : (int)number(word);
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

struct time {
  long long seconds, fraction;
};

static struct time time_of(char *word) {
  char *fraction = word == NULL ? NULL : strchr(word, ':');
  if (fraction == NULL)
    die("time", word);
  *fraction++ = '\0';
  return (struct time){number(word), value_of(fraction_names, fraction)};
}

/* Whatever their fraction counts; false for NULL. */
static bool pair_of(char *word, struct time times[2]) {
  if (strcmp(word, "NULL") == 0)
    return false;
  char *other = strchr(word, ',');
  if (other != NULL)
    *other++ = '\0';
  times[0] = time_of(word);
  times[1] = time_of(other);
  return true;
}

static const struct timespec *timespecs_of(char *word) {
  static struct timespec values[2];
  struct time times[2];
  if (!pair_of(word, times))
    return NULL;
  for (int i = 0; i < 2; ++i)
    values[i] = (struct timespec){.tv_sec = times[i].seconds, .tv_nsec = (long)times[i].fraction};
  return values;
}

static const struct timeval *timevals_of(char *word) {
  static struct timeval values[2];
  struct time times[2];
  if (!pair_of(word, times))
    return NULL;
  for (int i = 0; i < 2; ++i)
    values[i] = (struct timeval){times[i].seconds, (suseconds_t)times[i].fraction};
  return values;
}

static const struct utimbuf *utimbuf_of(char *word) {
  static struct utimbuf value;
  struct time times[2];
  if (!pair_of(word, times))
    return NULL;
  value = (struct utimbuf){times[0].seconds, times[1].seconds};
  return &value;
}

static int flags_of(char *joined) {
  int flags = 0;
  char *rest;
  for (char *one = strtok_r(joined, "|", &rest); one != NULL; one = strtok_r(NULL, "|", &rest))
    flags |= (int)value_of(flag_names, one);
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

static int close_all(void) {
  for (struct variable *v = variables; v != variables + MAX_VARIABLES; ++v)
    if (v->open)
      close_variable(v);
  return 0;
}

static int preopened_directory(const char *path) {
#ifdef __wasi__
  (void)path;
  return 3;
#else
  return open(path, O_RDONLY | O_DIRECTORY);
#endif
}

/* What must not grow, while the other side looks at the process as it stands: it sends a line when
 * it has seen enough. */
static int stats(void) {
  const int fd = open(".", O_RDONLY | O_DIRECTORY);
  size_t memory = 0;
#ifdef __wasi__
  memory = __builtin_wasm_memory_size(0);
#endif
  printf("stats memory=%zu fd=%d\n", memory, fd);
  fflush(stdout);
  close(fd);
  while (getchar() != '\n')
    if (feof(stdin))
      break;
  return fd < 0 ? -1 : 0;
}

/* The result of the call that `words` are. */
static int make(struct stat *st) {
  char **const w = words;
#define CALL(name, count, ...)                                                                     \
  if (strcmp(w[0], name) == 0 && word_count == 1 + (count))                                        \
    return __VA_ARGS__;
  CALL("futimens", 2, futimens(fd_of(w[1]), timespecs_of(w[2])))
  CALL("utimensat", 4, utimensat(fd_of(w[1]), path_of(w[2]), timespecs_of(w[3]), flags_of(w[4])))
  CALL("futimesat", 3, futimesat(fd_of(w[1]), path_of(w[2]), timevals_of(w[3])))
  CALL("utimes", 2, utimes(path_of(w[1]), timevals_of(w[2])))
  CALL("utime", 2, utime(path_of(w[1]), utimbuf_of(w[2])))
#ifndef STOCK /* wasi-libc has none of these */
  CALL("futimes", 2, futimes(fd_of(w[1]), timevals_of(w[2])))
  CALL("lutimes", 2, lutimes(path_of(w[1]), timevals_of(w[2])))
#endif
#ifdef WASI_UTIMENS_VERSION
  CALL("support", 1, wasi_utimens_fd_support(fd_of(w[1])))
#endif
  CALL("stat", 1, stat(path_of(w[1]), st))
  CALL("lstat", 1, lstat(path_of(w[1]), st))
  CALL("fstat", 1, fstat(fd_of(w[1]), st))
  CALL("open", 3, set_variable(w[1], open(path_of(w[2]), (int)value_of(mode_names, w[3]), 0644)))
  CALL("preopen", 2, set_variable(w[1], preopened_directory(path_of(w[2]))))
  CALL("close", 1, close_variable(variable(w[1])))
  CALL("closeall", 0, close_all())
#ifndef WITHOUT_CHDIR /* for a guest that has no current directory */
  CALL("chdir", 1, chdir(path_of(w[1])))
#endif
  CALL("mkdir", 1, mkdir(path_of(w[1]), 0755))
  CALL("rmdir", 1, rmdir(path_of(w[1])))
  CALL("unlink", 1, unlink(path_of(w[1])))
  CALL("rename", 2, rename(path_of(w[1]), path_of(w[2])))
  CALL("symlink", 2, symlink(path_of(w[1]), path_of(w[2])))
  CALL("watch", word_count - 1, watch())
  CALL("stats", 0, stats())
#undef CALL
  die("no such call", w[0]);
  return -1;
}

static void print_type(const char *variable) {
  struct stat st;
  if (fstat(fd_of(variable), &st) == 0 && S_ISDIR(st.st_mode))
    fputs(" directory", stdout);
}

static void print_times(const struct timespec times[2]) {
  for (int i = 0; i < 2; ++i)
    printf(" %lld.%09ld", (long long)times[i].tv_sec, times[i].tv_nsec);
}

/* Makes the call of this line, and prints the answer after `before`; NULL for no answer, and then
 * no call of the utime family. */
static void answer(char *line, const char *before) {
  split(line);
  if (word_count == 0)
    die("call", NULL);
  const char *name = words[0];
  const bool family = strstr(name, "utime") != NULL;
  if (family && before == NULL)
    return;
  struct stat st;
  const int untouched = 12345; /* no errno */
  errno = untouched;
  const int result = make(&st);
  const int error = errno;
  if (!family)
    set_all_times_back();
  if (before == NULL)
    return;
  fputs(before, stdout);
  if (result < 0)
    fputs(errno_name(error), stdout);
  else if (strcmp(name, "support") == 0)
    printf("%d", result);
  else
    fputs("ok", stdout);
  if (result >= 0 && error != untouched)
    printf(",%s", errno_name(error));
  if (result == 0 && strstr("lstat fstat", name) != NULL)
    print_times((const struct timespec[]){st.st_atim, st.st_mtim});
  if (result == 0 && *before == '\0' && strcmp(name, "open") == 0)
    print_type(words[1]);
  if (family)
    print_changes();
  putchar('\n');
  /* So that the host sees between which lines a call came. */
  fflush(stdout);
}

static char *read_whole(const char *path) {
  FILE *f = fopen(path, "r");
  struct stat st;
  if (f == NULL || fstat(fileno(f), &st) != 0)
    die(path, strerror(errno));
  char *text = malloc((size_t)st.st_size + 1);
  if (text == NULL || fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
    die(path, "cannot be read");
  text[st.st_size] = '\0';
  fclose(f);
  return text;
}

static void run_script(char *text, long first) {
  char *left;
  for (char *line = strtok_r(text, "\n", &left); line != NULL; line = strtok_r(NULL, "\n", &left))
    answer(line, first-- > 0 ? NULL : "");
}

static void run_argument(const char *call) {
  char *line = strdup(call), *before = malloc(strlen(call) + sizeof " -> ");
  strcat(strcpy(before, call), " -> ");
  answer(line, before);
  free(before);
  free(line);
}

int main(int argc, char **argv) {
  clock_gettime(CLOCK_REALTIME, &start);
  if (argc > 2 && strcmp(argv[1], "-f") == 0) {
    run_script(read_whole(argv[2]), argc > 3 ? number(argv[3]) : 0);
    return 0;
  }
  for (int i = 1; i < argc; ++i)
    run_argument(argv[i]);
  return 0;
}
