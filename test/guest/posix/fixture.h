// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the cases share. The guest runs with one preopened directory, /data, empty at first; the
// current directory is /, which is under no preopened directory.
//
// There are no exceptions here: CHECK, never REQUIRE, which would end the process.
#pragma once

#include <catch_amalgamated.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <wasi/libc-find-relpath.h>
#include <wasi/utimens.h>

// The stand-in for a counted descriptor table has it: the references that are out.
extern "C" [[gnu::weak]] int counted_references();

// --- What a call does ---

struct outcome {
  int result;
  int error; // what errno is after it
  bool operator==(const outcome &) const = default;
};

// No errno of any call: errno is to hold it still after a good one.
inline constexpr int errno_before = 4242;

inline constexpr outcome succeeds{0, errno_before};
constexpr outcome fails(int error) { return {-1, error}; }

template <class Call> outcome outcome_of(Call call) {
  const int references = counted_references != nullptr ? counted_references() : 0;
  errno = errno_before;
  const int result = call();
  const int error = errno;
  if (counted_references != nullptr) {
    CHECK(counted_references() == references);
  }
  return {result, error};
}

#define OUTCOME(expression) outcome_of([&] { return (expression); })

template <> struct Catch::StringMaker<outcome> {
  static std::string convert(const outcome &value) {
    const std::string error = value.error == errno_before ? "left alone" : strerror(value.error);
    return std::to_string(value.result) + " with errno " + error;
  }
};

// --- Times ---

// What the host's filesystem keeps of a time, which pytest has asked it: nothing after `latest`,
// and no finer than `granularity` nanoseconds.
inline timespec kept(const timespec &time) {
  static const time_t latest = atoll(getenv("LATEST_SECOND"));
  static const long granularity = atol(getenv("GRANULARITY"));
  if (time.tv_sec >= latest) {
    return {latest, 0};
  }
  return {time.tv_sec, time.tv_nsec - time.tv_nsec % granularity};
}

// The kernel's clock for files may lag behind by a tick, and nothing here takes long.
inline bool is_now(const timespec &time) {
  const time_t clock = ::time(nullptr);
  return time.tv_sec >= clock - 10 && time.tv_sec <= clock + 1;
}

// A pair of times as a function takes it: access, modification.
template <class Time> struct pair_of {
  Time pair[2];

  operator const Time *() const { return pair; }
};
using times = pair_of<timespec>;
using timevals = pair_of<timeval>;

// Two times are the same where the filesystem keeps the same of them; where UTIME_NOW is expected,
// any time is that is now.
inline bool same(const timespec &found, const timespec &expected) {
  if (expected.tv_nsec == UTIME_NOW) {
    return is_now(found);
  }
  const timespec a = kept(found), b = kept(expected);
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

inline bool operator==(const times &found, const times &expected) {
  return same(found.pair[0], expected.pair[0]) && same(found.pair[1], expected.pair[1]);
}

inline std::string text_of(const timespec &time) {
  char text[40];
  snprintf(text, sizeof text, "%lld.%09ld", static_cast<long long>(time.tv_sec), time.tv_nsec);
  return text;
}

inline std::string text_of(const timespec *pair) {
  return pair == nullptr ? "NULL" : text_of(pair[0]) + " " + text_of(pair[1]);
}

template <> struct Catch::StringMaker<times> {
  static std::string convert(const times &value) { return text_of(value.pair); }
};

// The times that every file here starts with, long ago, and two others to set.
inline constexpr times old{{{981173106, 123456789}, {1012709107, 987654321}}};
inline constexpr times wanted{{{1300000001, 1}, {1400000002, 999999999}}};
inline constexpr timespec now{0, UTIME_NOW};
inline constexpr timespec omit{0, UTIME_OMIT};
inline constexpr times both_now{{now, now}};
inline constexpr times both_omit{{omit, omit}};
inline constexpr times out_of_range{{{1, 1'000'000'000}, {1, 0}}};

// What a file has that was `old`, once a pair has been set.
inline times after(const times &pair) {
  const auto member = [&](int i) {
    return pair.pair[i].tv_nsec == UTIME_OMIT ? old.pair[i] : pair.pair[i];
  };
  return {{member(0), member(1)}};
}

// Each of the times in both members, and in either with each other one beside it.
template <class Time>
std::vector<pair_of<Time>> in_each_member(const std::initializer_list<Time> &each,
                                          const std::initializer_list<Time> &others) {
  std::vector<pair_of<Time>> pairs;
  for (const Time &time : each) {
    pairs.push_back({{time, time}});
    for (const Time &other : others) {
      pairs.push_back({{time, other}});
      pairs.push_back({{other, time}});
    }
  }
  return pairs;
}

// tv_sec is ignored beside UTIME_NOW and UTIME_OMIT, whatever it holds.
inline constexpr std::initializer_list<timespec> nows = {
    now, {1, UTIME_NOW}, {-1, UTIME_NOW}, {INT64_MIN, UTIME_NOW}, {INT64_MAX, UTIME_NOW}};
inline constexpr std::initializer_list<timespec> omits = {
    omit, {1, UTIME_OMIT}, {-1, UTIME_OMIT}, {INT64_MIN, UTIME_OMIT}, {INT64_MAX, UTIME_OMIT}};

// With the wasi-libc of 2024 a time is a 64-bit count of nanoseconds.
inline constexpr timespec largest = TIMES_ARE_64_BIT_NANOSECONDS ? timespec{18446744073, 709551615}
                                                                 : timespec{INT64_MAX, 999999999};

// Each is EINVAL. tv_nsec is 32 bits wide here, and UTIME_NOW and UTIME_OMIT are -1 and -2.
inline constexpr std::initializer_list<timespec> bad_times = {
    {1, 1'000'000'000},
    {1, 1'000'000'001},
    {1, INT_MAX},
    {1, -3},
    {1, -999'999'999},
    {1, INT_MIN},
    {-1, 0},
    {-1, 999'999'999},
    {-2, 0},
    {-1'000'000'000, 1},
    {INT_MIN, 0},
    {-4294967296, 0},
    {-4294967295, 0},
    {INT64_MIN, 0},
    {INT64_MIN, 999'999'999},
    {INT64_MIN + 1, 0},
    {INT64_MAX, 1'000'000'000},
};

// Around 2038, 2106 and 2446, the last second that ext4 keeps with its nanoseconds.
inline constexpr time_t late_seconds[] = {
    2147483647, 2147483648, 4294967295, 4294967296, 4294967297, 9223372036, 9223372037, 15032385534,
};

// tv_usec is 64 bits wide. Times 1000 some of these wrap 32 or 64 bits to what would be good.
inline constexpr suseconds_t bad_microseconds[] = {
    -1,
    -2,
    -999'999,
    1'000'000,
    1'000'001,
    INT_MAX,
    INT_MIN,
    4'294'967'296,           // 0 in 32 bits
    4'294'967'297,           // 1
    -4'294'967'296,          // 0
    4'294'968,               // times 1000, 704 in 32 bits
    18'446'744'073'709'552,  // times 1000, 384 in 64 bits
    -18'446'744'073'709'551, // times 1000, 616 in 64 bits
    INT64_MAX,
    INT64_MIN, // times 1000, 0 in 64 bits
    1LL << 61, // times 1000, 0 in 64 bits
};

// --- Files ---

inline struct stat status_of(const std::string &path) {
  struct stat status = {};
  CHECK(lstat(path.c_str(), &status) == 0);
  return status;
}

inline struct stat status_of(int fd) {
  struct stat status = {};
  CHECK(fstat(fd, &status) == 0);
  return status;
}

template <class File> times times_of(const File &file) {
  const struct stat status = status_of(file);
  return {{status.st_atim, status.st_mtim}};
}

// The path itself, where it is a link.
inline void make_old(const std::string &path) {
  CHECK(utimensat(AT_FDCWD, path.c_str(), old, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK(times_of(path) == old);
}

// A file descriptor, closed at the end.
class opened {
public:
  explicit opened(int number) : fd(number) { CHECK(fd >= 0); }
  opened(const std::string &path, int flags) : opened(::open(path.c_str(), flags, 0666)) {}
  opened(const opened &) = delete;
  opened &operator=(const opened &) = delete;
  ~opened() { close(fd); }

  operator int() const { return fd; }

private:
  const int fd;
};

// A directory of its own for each case, with one of each kind of file in it, all of them `old`.
struct files {
  const std::string top = new_directory();
  const std::string file = top + "/file";
  const std::string directory = top + "/directory";
  const std::string inner = directory + "/inner";
  const std::string link = top + "/link";              // to file
  const std::string directory_link = top + "/dirlink"; // to directory
  const std::string dangling = top + "/dangling";
  const std::string loop = top + "/loop";
  const std::string missing = top + "/missing";

  files() {
    CHECK(mkdir(directory.c_str(), 0777) == 0);
    opened(file, O_CREAT | O_EXCL | O_RDWR);
    opened(inner, O_CREAT | O_EXCL | O_RDWR);
    CHECK(symlink("file", link.c_str()) == 0);
    CHECK(symlink("directory", directory_link.c_str()) == 0);
    CHECK(symlink("nowhere", dangling.c_str()) == 0);
    CHECK(symlink("loop", loop.c_str()) == 0);
    for (const auto *path : everything()) {
      make_old(*path);
    }
  }

  // Nothing has been touched, but for `except`. Of a link only the modification time counts: to
  // follow it is to read it, which sets its access time.
  bool untouched(const std::string &except = "") const {
    for (const auto *path : everything()) {
      times found = times_of(*path);
      if (S_ISLNK(status_of(*path).st_mode)) {
        found.pair[0] = old.pair[0];
      }
      if (*path != except && !(found == old)) {
        UNSCOPED_INFO(*path << " has been touched: " << Catch::StringMaker<times>::convert(found));
        return false;
      }
    }
    return true;
  }

private:
  static std::string new_directory() {
    static int count = 0;
    const std::string path = "/data/" + std::to_string(++count);
    CHECK(mkdir(path.c_str(), 0777) == 0);
    return path;
  }

  // Directories after what is in them.
  std::vector<const std::string *> everything() const {
    return {&file, &link, &directory_link, &dangling, &loop, &inner, &directory, &top};
  }
};

// --- File descriptors ---

using fds = std::initializer_list<int>;

inline int preopened() {
  const char *prefix;
  const char *rest;
  return __wasilibc_find_abspath("/data/x", &prefix, &rest);
}

// Numbers that no file descriptor here reaches.
inline constexpr int no_fd = 1000;
inline constexpr fds not_open = {no_fd, 1 << 20, INT_MAX};
inline constexpr fds negative = {-1, AT_FDCWD, INT_MIN};
inline constexpr fds streams = {STDOUT_FILENO, STDERR_FILENO};

// The same files, with the file and the directories open.
struct open_files : files {
  const opened fd{file, O_RDWR};
  const opened dirfd{directory, O_RDONLY | O_DIRECTORY};
  const opened topfd{top, O_RDONLY | O_DIRECTORY};
};

// --- The functions, by form ---

// The times of a call as the older functions take them, until the next call. NULL stays NULL.
inline const timeval *timevals_of(const timespec *pair) {
  static timeval converted[2];
  if (pair == nullptr) {
    return nullptr;
  }
  for (int i = 0; i < 2; ++i) {
    converted[i] = {.tv_sec = pair[i].tv_sec, .tv_usec = pair[i].tv_nsec / 1000};
  }
  return converted;
}

inline const utimbuf *utimbuf_of(const timespec *pair) {
  static utimbuf converted;
  if (pair == nullptr) {
    return nullptr;
  }
  converted = {.actime = pair[0].tv_sec, .modtime = pair[1].tv_sec};
  return &converted;
}

inline constexpr times exact_microseconds{{{1300000001, 1'000}, {1400000002, 999'999'000}}};
inline constexpr times exact_seconds{{{1300000001, 0}, {1400000002, 0}}};

// A function that sets times by one argument: a file descriptor or a path.
template <class Argument> struct form {
  const char *name;
  int (*set)(Argument, const timespec *pair);
  times exact;         // what the function's own type can hold
  bool follows = true; // a symbolic link at the end of the path
};

inline const form<int> fd_forms[] = {
    {"futimens", futimens, wanted},
    {"utimensat without a path",
     [](int fd, const timespec *pair) { return utimensat(fd, nullptr, pair, 0); }, wanted},
    {"futimes", [](int fd, const timespec *pair) { return futimes(fd, timevals_of(pair)); },
     exact_microseconds},
    {"futimesat without a path",
     [](int fd, const timespec *pair) { return futimesat(fd, nullptr, timevals_of(pair)); },
     exact_microseconds},
};

inline const form<const char *> path_forms[] = {
    {"utimensat",
     [](const char *path, const timespec *pair) { return utimensat(AT_FDCWD, path, pair, 0); },
     wanted, true},
    {"utimensat with AT_SYMLINK_NOFOLLOW",
     [](const char *path, const timespec *pair) {
       return utimensat(AT_FDCWD, path, pair, AT_SYMLINK_NOFOLLOW);
     },
     wanted, false},
    {"utimes",
     [](const char *path, const timespec *pair) { return utimes(path, timevals_of(pair)); },
     exact_microseconds, true},
    {"lutimes",
     [](const char *path, const timespec *pair) { return lutimes(path, timevals_of(pair)); },
     exact_microseconds, false},
    {"futimesat",
     [](const char *path, const timespec *pair) {
       return futimesat(AT_FDCWD, path, timevals_of(pair));
     },
     exact_microseconds, true},
    {"utime", [](const char *path, const timespec *pair) { return utime(path, utimbuf_of(pair)); },
     exact_seconds, true},
};

// --- What the functions do by each of some fds, or of some paths ---

using path_or_null = std::optional<std::string>;
using paths = std::initializer_list<path_or_null>;
using pairs = std::initializer_list<const timespec *>;

inline constexpr times before_1970{{{-1, 0}, {-1, 0}}};

inline int argument(int fd) { return fd; }
inline const char *argument(const path_or_null &path) { return path ? path->c_str() : nullptr; }

// Every combination of an argument and a pair of times ends so.
template <class Call, class Arguments = fds, class Pairs = pairs>
void check_each(Call call, const Arguments &arguments, const Pairs &given,
                const outcome &expected) {
  for (const auto &one : arguments) {
    for (const timespec *pair : given) {
      CAPTURE(argument(one), text_of(pair));
      CHECK(OUTCOME(call(argument(one), pair)) == expected);
    }
  }
}

template <class Forms, class Bad, class Pairs>
void check_each_fails(const Forms &forms, const Bad &bad, int error, const Pairs &given) {
  for (const auto &form : forms) {
    CAPTURE(form.name);
    check_each(form.set, bad, given, fails(error));
  }
}

// Every function fails so: whatever good times it is given, or with those named.
template <class Pairs = pairs>
void check_fails(const fds &bad, int error, const Pairs &given = {exact_seconds, nullptr}) {
  check_each_fails(fd_forms, bad, error, given);
}
template <class Pairs = pairs>
void check_fails(const paths &bad, int error, const Pairs &given = {exact_seconds, nullptr}) {
  check_each_fails(path_forms, bad, error, given);
}

// Where a call ends: at the file whose times it sets, or with an error.
using end = std::variant<std::string, int>;

// By each of the paths every function ends so, and touches nothing else. NOFOLLOW ones, where the
// path is a link, may end elsewhere.
inline void check_ends(const files &f, const paths &given, const end &followed, const end &itself) {
  for (const auto &form : path_forms) {
    const end &expected = form.follows ? followed : itself;
    for (const auto &path : given) {
      CAPTURE(form.name, argument(path));
      const outcome found = OUTCOME(form.set(argument(path), form.exact));
      if (const auto *file = std::get_if<std::string>(&expected)) {
        CHECK(found == succeeds);
        CHECK(times_of(*file) == form.exact);
        CHECK(f.untouched(*file));
        make_old(*file);
      } else {
        CHECK(found == fails(std::get<int>(expected)));
        CHECK(f.untouched());
      }
    }
  }
}

inline void check_sets(const files &f, const paths &found_by, const std::string &target) {
  check_ends(f, found_by, target, target);
}

// --- On a host with the primitive of the fd form, and on one without ---

// Whether the host sets times through `fd`, which the guest asks; through a directory every host
// does.
inline bool is_supported(int fd) {
  return S_ISDIR(status_of(fd).st_mode) || wasi_utimens_fd_support(fd) != 0;
}

// A good call, on `path` with the times `old`, sets `expected`; what the host does not support is
// ENOSYS and sets nothing.
#define CHECK_SETS(supported, path, expression, expected)                                          \
  do {                                                                                             \
    const bool sets = (supported);                                                                 \
    CHECK(OUTCOME(expression) == (sets ? succeeds : fails(ENOSYS)));                               \
    CHECK(times_of(path) == (sets ? (expected) : old));                                            \
  } while (false)

// --- Pairs of times, by a function that sets those of `f.file` ---

template <class Set>
void check_sets(const files &f, Set set, const std::vector<times> &pairs, bool supported = true) {
  for (const times &pair : pairs) {
    CAPTURE(pair);
    make_old(f.file);
    CHECK_SETS(supported, f.file, set(pair), after(pair));
  }
}

template <class Set> void check_good_microseconds(const files &f, Set set, bool supported = true) {
  check_sets(
      f, [&](const timespec *pair) { return set(timevals_of(pair)); },
      in_each_member({{7, 0}, {7, 1'000}, {7, 999'998'000}, {7, 999'999'000}}, {timespec{8, 0}}),
      supported);
}

template <class Set> void check_bad_microseconds(const files &f, Set set) {
  for (const suseconds_t microseconds : bad_microseconds) {
    for (const timevals &pair : in_each_member({{7, microseconds}}, {timeval{8, 0}})) {
      CAPTURE(microseconds);
      CHECK(OUTCOME(set(pair)) == fails(EINVAL));
    }
  }
  CHECK(f.untouched());
}
