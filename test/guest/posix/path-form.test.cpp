// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all functions share that set times by path.

#include "fixture.h"

namespace {

// What is not UTF-8, by class (RFC 3629).
const char *const malformed[] = {
    "\x80",                 // a continuation byte alone
    "\xBF",                 //
    "\xC3",                 // a sequence that the end cuts off
    "\xE2\x82",             //
    "\xF0\x9F\x98",         //
    "\xC3(",                // or another character
    "\xE2\x82(",            //
    "\xC0\xAF",             // longer than need be
    "\xC1\xBF",             //
    "\xE0\x80\xAF",         //
    "\xE0\x9F\xBF",         //
    "\xF0\x8F\xBF\xBF",     //
    "\xED\xA0\x80",         // a surrogate
    "\xED\xBF\xBF",         //
    "\xF4\x90\x80\x80",     // above U+10FFFF
    "\xF5\x80\x80\x80",     //
    "\xF8\x88\x80\x80\x80", // bytes that never occur
    "\xFE",                 //
    "\xFF",                 //
};

} // namespace

TEST_CASE("path form: a file, by an absolute path") {
  const files f;
  check_sets(f, {f.file}, f.file);
}

TEST_CASE("path form: a file, by a path relative to the current directory, /") {
  const files f;
  check_sets(f, {f.file.substr(1)}, f.file);
}

TEST_CASE("path form: './' finds what wasi-libc finds by it, which without chdir is nothing") {
  const files f;
  for (const auto &path : {"./" + f.file.substr(1), ".//" + f.file.substr(1)}) {
    const bool found = access(path.c_str(), F_OK) == 0;
    const end expected = found ? end(f.file) : end(ENOENT);
    check_ends(f, {path}, expected, expected);
  }
}

TEST_CASE("path form: a path with '.', '..' and more than one slash") {
  const files f;
  check_sets(f,
             {f.top + "/./file", f.top + "//file", f.top + "/directory/../file", "/" + f.file,
              f.top + "/dirlink/../file", f.top + "/directory/./..//./file"},
             f.file);
}

TEST_CASE("path form: a directory, with and without a slash at the end") {
  const files f;
  check_sets(f, {f.directory, f.directory + "/", f.directory + "//", f.directory + "/."},
             f.directory);
}

TEST_CASE("path form: the preopened directory itself") {
  const files f;
  check_sets(f, {"/data", "/data/", "/data/.", "data", "//data"}, "/data/.");
}

TEST_CASE("path form: a symbolic link is followed, or with NOFOLLOW set itself") {
  const files f;
  check_ends(f, {f.link}, f.file, f.link);
}

TEST_CASE("path form: a symbolic link to a directory is followed, or with NOFOLLOW set itself") {
  const files f;
  check_ends(f, {f.directory_link}, f.directory, f.directory_link);
}

TEST_CASE("path form: a symbolic link before the last component is always followed") {
  const files f;
  check_sets(f, {f.directory_link + "/inner"}, f.inner);
}

TEST_CASE(
    "path form: a link to a directory with a slash at the end is the directory, NOFOLLOW or not") {
  const files f;
  check_sets(f, {f.directory_link + "/"}, f.directory);
}

TEST_CASE("path form: a dangling link is ENOENT, or with NOFOLLOW set itself") {
  const files f;
  check_ends(f, {f.dangling}, ENOENT, f.dangling);
}

TEST_CASE("path form: a loop of links is ELOOP, or with NOFOLLOW the link is set itself") {
  const files f;
  check_ends(f, {f.loop}, ELOOP, f.loop);
  check_fails({f.loop + "/file"}, ELOOP);
}

TEST_CASE("path form: what is missing is ENOENT, and is not made") {
  const files f;
  check_fails({f.missing, f.missing + "/", f.missing + "/file", f.missing + "/../file"}, ENOENT);
  CHECK(access(f.missing.c_str(), F_OK) == -1);
  CHECK(f.untouched());
}

TEST_CASE("path form: what is under a file, or a file with a slash at the end, is ENOTDIR") {
  const files f;
  check_fails({f.file + "/file", f.file + "/", f.file + "/.", f.link + "/", f.link + "/file"},
              ENOTDIR);
  CHECK(f.untouched());
}

TEST_CASE("path form: an empty path is ENOENT, and never the current directory") {
  const files f;
  check_fails({""}, ENOENT);
  CHECK(f.untouched());
}

TEST_CASE("path form: a path that is NULL is EFAULT where there is no fd") {
  check_fails({std::nullopt}, EFAULT);
}

TEST_CASE("path form: a path under no preopened directory is ENOENT") {
  check_fails({"/", "/elsewhere", "/elsewhere/file", "elsewhere", ".", "..", "./", "../data",
               "/dat", "/datafile", "/data1/file"},
              ENOENT);
}

TEST_CASE("path form: a path that leaves the preopened directory; wasmtime says EPERM") {
  const files f;
  CHECK(symlink("../../outside", (f.top + "/outside").c_str()) == 0);
  check_fails({"/data/..", "/data/../data", "/data/../outside", f.top + "/outside/x"}, EPERM);
}

TEST_CASE("path form: a path that is not UTF-8 is EILSEQ, wherever in it") {
  const files f;
  for (const std::string bad : malformed) {
    check_fails({f.top + "/" + bad, f.top + "/" + bad + "/file", f.file + bad,
                 f.file.substr(1) + bad, f.top + "/a long name before it \xC3\xA9 " + bad},
                EILSEQ);
  }
  CHECK(f.untouched());
}

TEST_CASE("path form: names in UTF-8 of every length") {
  const files f;
  for (const char *name :
       {"\xC2\x80", "\xC3\xA9t\xC3\xA9", "\xDF\xBF", "\xE0\xA0\x80", "\xE2\x82\xAC", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBD", "\xF0\x90\x80\x80",
        "\xF0\x9F\x98\x80 and more than eight bytes", "\xF4\x8F\xBF\xBF"}) {
    const std::string path = f.top + "/" + name;
    opened(path, O_CREAT | O_EXCL | O_RDWR);
    make_old(f.top);
    check_sets(f, {path}, path);
  }
}

TEST_CASE("path form: a name of 255 bytes is good, one more is ENAMETOOLONG; both the host's") {
  const files f;
  const std::string longest = f.top + "/" + std::string(255, 'x');
  opened(longest, O_CREAT | O_EXCL | O_RDWR);
  make_old(f.top);
  check_sets(f, {longest}, longest);
  check_fails({longest + "x"}, ENAMETOOLONG);
}

TEST_CASE("path form: a path of more than PATH_MAX bytes; wasmtime says ENAMETOOLONG, or with "
          "NOFOLLOW walks it") {
  const files f;
  std::string path = f.top;
  while (path.size() <= PATH_MAX + 10) {
    path += "/.";
  }
  check_ends(f, {path + "/file"}, ENAMETOOLONG, f.file);
}

TEST_CASE("path form: NULL is now for both") {
  const files f;
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    CHECK(OUTCOME(form.set(f.file.c_str(), nullptr)) == succeeds);
    CHECK(times_of(f.file) == both_now);
    CHECK(f.untouched(f.file));
  }
}

TEST_CASE("path form: times after 2038 and 2106") {
  const files f;
  for (const time_t seconds : late_seconds) {
    for (const auto &form : path_forms) {
      const times late{
          {{seconds, form.exact.pair[0].tv_nsec}, {seconds, form.exact.pair[1].tv_nsec}}};
      CAPTURE(form.name, seconds);
      CHECK(OUTCOME(form.set(f.file.c_str(), late)) == succeeds);
      CHECK(times_of(f.file) == late);
    }
  }
}

TEST_CASE("path form: a time before 1970 is EINVAL in either member") {
  const files f;
  check_fails({f.file}, EINVAL,
              in_each_member({{-1, 0}, {-4294967296, 0}, {INT64_MIN, 0}}, {timespec{1, 0}}));
  CHECK(f.untouched());
}

TEST_CASE(
    "path form, order: ENOENT for an empty path, EFAULT for none, before a time out of range") {
  check_fails({""}, ENOENT, {before_1970});
  check_fails({std::nullopt}, EFAULT, {before_1970});
}

TEST_CASE("path form, order: ENOENT outside every preopened directory before EILSEQ and EINVAL") {
  check_fails({"/elsewhere/\xFF", "elsewhere/\xFF"}, ENOENT);
  check_fails({"/elsewhere", "/elsewhere/\xFF"}, ENOENT, {before_1970});
}

TEST_CASE(
    "path form, order: EILSEQ before a time out of range, and that before what the host says") {
  const files f;
  check_fails({"/data/\xFF"}, EILSEQ, {before_1970});
  check_fails({f.missing, f.file + "/file", f.loop + "/file"}, EINVAL, {before_1970});
}
