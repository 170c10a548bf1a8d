/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Carries out a list of calls and says what came of each: the same program on Linux and in the
 * guest, so that the two can be compared line by line. calls.py writes the lists and reads the
 * answers.
 *
 *   perform SCRIPT [FIRST]
 *
 * A script has one call a line, its words apart by one space; FIRST is the line (counted from 0) to
 * go on from after a call that ended the guest: of those before it all but the utime family are
 * carried out, and none is answered. In a word %XX is a byte, EMPTY the empty string, NULL a null
 * pointer, and `.` what the call does not have.
 *
 *   FUNCTION fd path flags access modification     one of the utime family
 *   open slot path mode, close slot, closeall      file descriptors live in numbered slots
 *   preopen slot path                              what the guest has preopened; on Linux the
 *                                                  directory `path`
 *   chdir path, mkdir path, rmdir path, unlink path, rename old new, symlink target path
 *   watch path-or-@slot...                         the files whose times are to be told from here
 *   stats                                          tells, on a line of its own, what must not
 *                                                  grow, and waits for a line on stdin
 *
 * Each line is answered by one line: the result (ok, or errno by name), then each time of a watched
 * file that is no longer what it was before the call, by its name and member. After each call all
 * watched times are set back, so that no call depends on what another one did to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

enum { MAX_WORDS = 24, MAX_SLOTS = 32, MAX_WATCHED = 16 };

/* No fd of this number is ever open. */
static const int never_open = 1000000;

static void die(const char *what, const char *why) {
  fprintf(stderr, "perform: %s: %s\n", what, why);
  exit(2);
}

/* --- Names, which differ in value between the two sides ----------------------------------- */

struct name {
  const char *name;
  int value;
};

#define NAME(x) {#x, x}

static const struct name errno_names[] = {
    NAME(EACCES),       NAME(EAGAIN),      NAME(EALREADY), NAME(EBADF),     NAME(EBUSY),
    NAME(EDEADLK),      NAME(EDQUOT),      NAME(EEXIST),   NAME(EFAULT),    NAME(EFBIG),
    NAME(EILSEQ),       NAME(EINPROGRESS), NAME(EINTR),    NAME(EINVAL),    NAME(EIO),
    NAME(EISDIR),       NAME(ELOOP),       NAME(EMFILE),   NAME(EMLINK),    NAME(EMSGSIZE),
    NAME(ENAMETOOLONG), NAME(ENODEV),      NAME(ENOENT),   NAME(ENOLCK),    NAME(ENOMEM),
    NAME(ENOSPC),       NAME(ENOSYS),      NAME(ENOTDIR),  NAME(ENOTEMPTY), NAME(ENOTRECOVERABLE),
    NAME(ENOTSUP),      NAME(ENOTTY),      NAME(ENXIO),    NAME(EOVERFLOW), NAME(EPERM),
    NAME(EPIPE),        NAME(EROFS),       NAME(ESPIPE),   NAME(ETXTBSY),   NAME(EXDEV),
    {NULL, 0},
};

static const struct name flag_names[] = {
    {"NOFOLLOW", AT_SYMLINK_NOFOLLOW},
    {"FOLLOW", AT_SYMLINK_FOLLOW},
    {"REMOVEDIR", AT_REMOVEDIR},
    {NULL, 0},
};

static const struct name mode_names[] = {
    NAME(O_RDONLY), NAME(O_WRONLY), NAME(O_RDWR),      NAME(O_CREAT),    NAME(O_EXCL),
    NAME(O_TRUNC),  NAME(O_APPEND), NAME(O_DIRECTORY), NAME(O_NOFOLLOW), {NULL, 0},
};

/* Names joined by `|`, and numbers. */
static int flags_of(const char *word, const struct name *names) {
  int flags = 0;
  char copy[128];
  snprintf(copy, sizeof copy, "%s", word);
  for (char *one = strtok(copy, "|"); one != NULL; one = strtok(NULL, "|")) {
    const struct name *n = names;
    while (n->name != NULL && strcmp(n->name, one) != 0)
      ++n;
    char *end = one;
    flags |= n->name != NULL ? n->value : (int)strtoul(one, &end, 0);
    if (n->name == NULL && *end != '\0')
      die("no such flag", one);
  }
  return flags;
}

static void print_result(int result, int error) {
  if (result == 0 && error == 0) {
    fputs("ok", stdout);
    return;
  }
  if (result == 0) {
    printf("ok,errno=%d", error);
    return;
  }
  for (const struct name *n = errno_names; n->name != NULL; ++n) {
    if (n->value == error) {
      fputs(n->name, stdout);
      return;
    }
  }
  printf("errno=%d", error);
}

/* --- What a word stands for ---------------------------------------------------------------- */

static int slots[MAX_SLOTS];
static bool slot_open[MAX_SLOTS];

static int *slot_of(const char *word) {
  const int slot = atoi(word);
  if (slot < 0 || slot >= MAX_SLOTS)
    die("no such slot", word);
  return &slots[slot];
}

/* @N: slot N, whose number stands for no open file once it is closed. */
static int fd_of(const char *word) {
  if (strcmp(word, "AT_FDCWD") == 0)
    return AT_FDCWD;
  if (*word != '@')
    return (int)strtol(word, NULL, 0);
  const int *slot = slot_of(word + 1);
  if (!slot_open[slot - slots])
    for (int i = 0; i < MAX_SLOTS; ++i)
      if (slot_open[i] && slots[i] == *slot)
        return never_open;
  return *slot;
}

static unsigned hex_digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

static const char *path_of(char *word) {
  if (strcmp(word, "NULL") == 0)
    return NULL;
  if (strcmp(word, "EMPTY") == 0)
    return "";
  char *to = word;
  for (const char *from = word; *from != '\0'; ++to) {
    if (*from == '%') {
      *to = (char)(hex_digit(from[1]) << 4 | hex_digit(from[2]));
      from += 3;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
  return word;
}

/* seconds:fraction, the fraction in the call's own unit, or NOW, or OMIT. */
static long long fraction_of(const char *word) {
  const char *fraction = strchr(word, ':');
  if (fraction == NULL)
    die("no time", word);
  ++fraction;
  return strcmp(fraction, "NOW") == 0    ? UTIME_NOW
         : strcmp(fraction, "OMIT") == 0 ? UTIME_OMIT
                                         : strtoll(fraction, NULL, 10);
}

static long long seconds_of(const char *word) { return strtoll(word, NULL, 10); }

static const struct timespec *timespecs_of(char *const words[2], struct timespec pair[2]) {
  if (strcmp(words[0], "NULL") == 0)
    return NULL;
  for (int i = 0; i < 2; ++i) {
    pair[i].tv_sec = seconds_of(words[i]);
    pair[i].tv_nsec = (long)fraction_of(words[i]);
  }
  return pair;
}

static const struct timeval *timevals_of(char *const words[2], struct timeval pair[2]) {
  if (strcmp(words[0], "NULL") == 0)
    return NULL;
  for (int i = 0; i < 2; ++i) {
    pair[i].tv_sec = seconds_of(words[i]);
    pair[i].tv_usec = (suseconds_t)fraction_of(words[i]);
  }
  return pair;
}

static const struct utimbuf *utimbuf_of(char *const words[2], struct utimbuf *times) {
  if (strcmp(words[0], "NULL") == 0)
    return NULL;
  times->actime = seconds_of(words[0]);
  times->modtime = seconds_of(words[1]);
  return times;
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

/* --- The calls ------------------------------------------------------------------------------ */

static int utime_family(char *const words[]) {
  struct timespec timespecs[2];
  struct timeval timevals[2];
  struct utimbuf utimbuf;
  const char *function = words[0];
  const int fd = fd_of(words[1]);
  const char *path = path_of(words[2]);
  const int flags = flags_of(words[3], flag_names);
  char *const *times = words + 4;

  errno = 0;
  if (strcmp(function, "futimens") == 0)
    return futimens(fd, timespecs_of(times, timespecs));
  if (strcmp(function, "utimensat") == 0)
    return utimensat(fd, path, timespecs_of(times, timespecs), flags);
  if (strcmp(function, "utimes") == 0)
    return utimes(path, timevals_of(times, timevals));
  if (strcmp(function, "futimesat") == 0)
    return futimesat(fd, path, timevals_of(times, timevals));
  if (strcmp(function, "utime") == 0)
    return utime(path, utimbuf_of(times, &utimbuf));
#ifndef STOCK /* wasi-libc has neither */
  if (strcmp(function, "futimes") == 0)
    return futimes(fd, timevals_of(times, timevals));
  if (strcmp(function, "lutimes") == 0)
    return lutimes(path, timevals_of(times, timevals));
#endif
  die("no such function", function);
  return -1;
}

static int open_slot(const char *word, int fd) {
  const int slot = (int)(slot_of(word) - slots);
  if (slot_open[slot])
    close(slots[slot]);
  if (fd >= 0)
    slots[slot] = fd;
  slot_open[slot] = fd >= 0;
  return fd >= 0 ? 0 : -1;
}

static int close_slot(int slot) {
  if (!slot_open[slot]) {
    errno = EBADF;
    return -1;
  }
  slot_open[slot] = false;
  return close(slots[slot]);
}

static int close_all(void) {
  for (int i = 0; i < MAX_SLOTS; ++i)
    if (slot_open[i])
      close_slot(i);
  return 0;
}

static int watch(char *const paths[], int count) {
  if (count > MAX_WATCHED)
    die("too many to watch", paths[MAX_WATCHED]);
  for (int i = 0; i < watched_count; ++i)
    free(watched[i].path);
  watched_count = count;
  for (int i = 0; i < count; ++i)
    watched[i].path = strdup(path_of(paths[i]));
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

static int set_up(char *const words[], int count) {
  const char *call = words[0];
  if (strcmp(call, "open") == 0)
    return open_slot(words[1], open(path_of(words[2]), flags_of(words[3], mode_names), 0644));
  if (strcmp(call, "preopen") == 0)
    return open_slot(words[1], preopened_directory(words[2]));
  if (strcmp(call, "close") == 0)
    return close_slot((int)(slot_of(words[1]) - slots));
  if (strcmp(call, "closeall") == 0)
    return close_all();
#ifndef NO_CHDIR /* for a guest that has no current directory */
  if (strcmp(call, "chdir") == 0)
    return chdir(path_of(words[1]));
#endif
  if (strcmp(call, "mkdir") == 0)
    return mkdir(path_of(words[1]), 0755);
  if (strcmp(call, "rmdir") == 0)
    return rmdir(path_of(words[1]));
  if (strcmp(call, "unlink") == 0)
    return unlink(path_of(words[1]));
  if (strcmp(call, "rename") == 0)
    return rename(path_of(words[1]), path_of(words[2]));
  if (strcmp(call, "symlink") == 0)
    return symlink(path_of(words[1]), path_of(words[2]));
  if (strcmp(call, "watch") == 0)
    return watch(words + 1, count - 1);
  if (strcmp(call, "stats") == 0)
    return stats();
  die("no such call", call);
  return -1;
}

static void line(char *text, bool left_out) {
  char *words[MAX_WORDS + 1];
  int count = 0;
  for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
    if (count == MAX_WORDS)
      die("too many words", text);
    words[count++] = word;
  }
  words[count] = NULL;
  if (strstr(words[0], "utime") != NULL) {
    if (left_out)
      return;
    const int result = utime_family(words);
    print_result(result, errno);
    print_changes();
  } else {
    const int result = set_up(words, count);
    const int error = result == 0 ? 0 : errno;
    set_all_times_back();
    if (left_out)
      return;
    print_result(result, error);
  }
  putchar('\n');
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

int main(int argc, char **argv) {
  if (argc < 2)
    die("usage", "perform SCRIPT [FIRST]");
  clock_gettime(CLOCK_REALTIME, &start);
  for (int i = 0; i < MAX_SLOTS; ++i)
    slots[i] = never_open;
  char *text = read_whole(argv[1]);
  const long first = argc > 2 ? atol(argv[2]) : 0;
  long number = 0;
  for (char *next; *text != '\0'; text = next, ++number) {
    next = text + strcspn(text, "\n");
    if (*next != '\0')
      *next++ = '\0';
    line(text, number < first);
  }
  return 0;
}
