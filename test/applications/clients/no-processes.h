/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Included before each source file of xz and libarchive (-include), so that the source itself stays
 * as it is: WASI has no signals, users or pipes between processes, and wasi-libc does not declare
 * what is about them. Headers that wasi-libc lacks are in include/, with nothing in them.
 */
#pragma once
#pragma clang system_header /* as a libc's own: no word about parameters that nothing looks at */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/select.h> /* sigset_t */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sigaction {
  void (*sa_handler)(int);
  sigset_t sa_mask;
  int sa_flags;
};

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

static inline int sigemptyset(sigset_t *set) {
  *set = 0;
  return 0;
}
static inline int sigfillset(sigset_t *set) { return sigemptyset(set); }
static inline int sigaddset(sigset_t *set, int number) { return 0; }
static inline int sigprocmask(int how, const sigset_t *set, sigset_t *old) { return 0; }
#define mythread_sigmask sigprocmask /* xz has none for wasm */

static inline int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
  if (old != 0)
    *old = (struct sigaction){0};
  return 0;
}

static inline void tzset(void) {}
static inline unsigned alarm(unsigned seconds) { return 0; }

/* A signal handler would write to it: nothing ever does. */
static inline int pipe(int fds[2]) {
  fds[0] = open(".", O_RDONLY | O_DIRECTORY);
  fds[1] = open(".", O_RDONLY | O_DIRECTORY);
  return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

/* Only directories are duplicated. */
static inline int dup(int fd) { return openat(fd, ".", O_RDONLY | O_DIRECTORY); }

/* To where the guest is already. */
static inline int fchdir(int fd) {
  struct stat there, here;
  if (fstat(fd, &there) != 0 || stat(".", &here) != 0)
    return -1;
  if (there.st_dev == here.st_dev && there.st_ino == here.st_ino)
    return 0;
  errno = ENOSYS;
  return -1;
}

static inline mode_t umask(mode_t mask) { return 022; }
static inline uid_t getuid(void) { return 1; }
static inline gid_t getgid(void) { return 1; }
static inline uid_t geteuid(void) { return 1; }
static inline int fchown(int fd, uid_t user, gid_t group) {
  errno = EPERM;
  return -1;
}

/* <pwd.h> */
struct passwd {
  char *pw_name;
  char *pw_dir;
  uid_t pw_uid;
  gid_t pw_gid;
};
static inline struct passwd *getpwuid(uid_t user) { return NULL; }
static inline struct passwd *getpwnam(const char *name) { return NULL; }

/* <grp.h> */
struct group {
  char *gr_name;
  gid_t gr_gid;
};
static inline struct group *getgrgid(gid_t group) { return NULL; }
static inline struct group *getgrnam(const char *name) { return NULL; }

/* <sys/wait.h> */
#define WIFSIGNALED(status) ((void)(status), 0)
#define WTERMSIG(status) ((void)(status), 0)
#define WIFEXITED(status) ((void)(status), 1)
#define WEXITSTATUS(status) (status)
static inline pid_t waitpid(pid_t process, int *status, int options) {
  errno = ECHILD;
  return -1;
}

/* <readpassphrase.h>: there is no terminal to ask at. */
#define RPP_ECHO_OFF 0
#define RPP_REQUIRE_TTY 0
static inline char *readpassphrase(const char *prompt, char *buffer, size_t size, int flags) {
  return NULL;
}
