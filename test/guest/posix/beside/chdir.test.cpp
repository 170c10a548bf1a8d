// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A guest that links chdir has a current directory that wasi-libc keeps, and another way to resolve
// a path. There is no way back to /, which is under no preopened directory: so the first case here
// is the one that starts there, and the cases of the other files, linked before, are through.

#include "posix/fixture.h"

namespace {

void enter(const std::string &path) { CHECK(chdir(path.c_str()) == 0); }

} // namespace

TEST_CASE("chdir: a current directory under no preopened directory") {
  CHECK(chdir("/elsewhere") == -1);
  check_fails({"file", "file\xFF"}, ENOENT);
}

TEST_CASE("chdir: a path relative to the current directory") {
  const files f;
  enter(f.top);
  check_sets(f, {"file", "./file", "directory/../file", ".//file"}, f.file);
}

TEST_CASE("chdir: the current directory itself, by '.'") {
  const files f;
  enter(f.directory);
  check_sets(f, {".", "./", "./."}, f.directory);
}

TEST_CASE("chdir: '..' leads out of the current directory, up to the preopened one") {
  const files f;
  enter(f.directory);
  check_sets(f, {"../file"}, f.file);
}

TEST_CASE("chdir: the preopened directory as the current one") {
  const files f;
  enter("/data");
  check_sets(f, {f.file.substr(strlen("/data/"))}, f.file);
  check_sets(f, {"."}, "/data/.");
}

TEST_CASE("chdir: a link in the current directory, followed or not") {
  const files f;
  enter(f.top);
  check_ends(f, {"link"}, f.file, f.link);
}

TEST_CASE("chdir: a slash at the end keeps its meaning") {
  const files f;
  enter(f.top);
  check_sets(f, {"directory/", "dirlink/"}, f.directory);
  check_fails({"file/"}, ENOTDIR);
}

TEST_CASE("chdir: an absolute path and a dirfd do not care about the current directory") {
  const open_files f;
  enter(f.directory);
  CHECK(OUTCOME(utimensat(AT_FDCWD, f.file.c_str(), wanted, 0)) == succeeds);
  CHECK(times_of(f.file) == wanted);
  CHECK(OUTCOME(utimensat(f.topfd, "file", exact_seconds, 0)) == succeeds);
  CHECK(times_of(f.file) == exact_seconds);
  CHECK(f.untouched(f.file));
}

TEST_CASE("chdir: empty, NULL, missing, and not UTF-8, in a current directory that could be set") {
  const files f;
  enter(f.directory);
  check_fails({"", "missing"}, ENOENT);
  check_fails({"inner/x"}, ENOTDIR);
  check_fails({"\xC3"}, EILSEQ);
  check_fails({std::nullopt}, EFAULT);
  check_fails({"inner\xFF"}, EILSEQ, {before_1970});
  check_fails({"inner"}, EINVAL, {before_1970});
  CHECK(f.untouched());
}

TEST_CASE("chdir: a path that does not fit into PATH_MAX once joined is ENAMETOOLONG") {
  const files f;
  enter(f.directory);
  // Without the current directory these are shorter than PATH_MAX, so it is the join that counts.
  for (const size_t length : {size_t(PATH_MAX - 1), size_t(PATH_MAX), size_t(PATH_MAX + 100)}) {
    std::string path;
    while (path.size() + 7 <= length) {
      path += "./";
    }
    path.resize(length, 'x');
    check_fails({path}, ENAMETOOLONG);
  }
  CHECK(f.untouched());
}

TEST_CASE("chdir: a long path that fits once joined is good") {
  const files f;
  enter(f.directory);
  std::string path;
  while (path.size() < PATH_MAX - 100) {
    path += "../directory/";
  }
  path += "inner";
  CHECK(path.size() < PATH_MAX - 50);
  check_sets(f, {path}, f.inner);
}
