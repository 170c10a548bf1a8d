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
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    CHECK(OUTCOME(form.set("file", form.exact)) == fails(ENOENT));
    CHECK(OUTCOME(form.set("file\xFF", form.exact)) == fails(ENOENT));
  }
}

TEST_CASE("chdir: a path relative to the current directory") {
  const files f;
  enter(f.top);
  for (const auto &form : path_forms) {
    for (const char *path : {"file", "./file", "directory/../file", ".//file"}) {
      CAPTURE(form.name, path);
      make_old(f.file);
      CHECK(OUTCOME(form.set(path, form.exact)) == succeeds);
      CHECK(times_of(f.file) == form.exact);
      CHECK(f.untouched(f.file));
    }
  }
}

TEST_CASE("chdir: the current directory itself, by '.'") {
  const files f;
  enter(f.directory);
  for (const auto &form : path_forms) {
    for (const char *path : {".", "./", "./."}) {
      CAPTURE(form.name, path);
      make_old(f.directory);
      CHECK(OUTCOME(form.set(path, form.exact)) == succeeds);
      CHECK(times_of(f.directory) == form.exact);
      CHECK(f.untouched(f.directory));
    }
  }
}

TEST_CASE("chdir: '..' leads out of the current directory, up to the preopened one") {
  const files f;
  enter(f.directory);
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    CHECK(OUTCOME(form.set("../file", form.exact)) == succeeds);
    CHECK(times_of(f.file) == form.exact);
    CHECK(f.untouched(f.file));
  }
}

TEST_CASE("chdir: the preopened directory as the current one") {
  const files f;
  enter("/data");
  const std::string path = f.file.substr(strlen("/data/"));
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    CHECK(OUTCOME(form.set(path.c_str(), form.exact)) == succeeds);
    CHECK(times_of(f.file) == form.exact);
    CHECK(OUTCOME(form.set(".", form.exact)) == succeeds);
    CHECK(times_of("/data/.") == form.exact);
  }
}

TEST_CASE("chdir: a link in the current directory, followed or not") {
  const files f;
  enter(f.top);
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    make_old(f.file);
    make_old(f.link);
    const std::string &target = form.follows ? f.file : f.link;
    CHECK(OUTCOME(form.set("link", form.exact)) == succeeds);
    CHECK(times_of(target) == form.exact);
    CHECK(f.untouched(target));
  }
}

TEST_CASE("chdir: a slash at the end keeps its meaning") {
  const files f;
  enter(f.top);
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    make_old(f.directory);
    CHECK(OUTCOME(form.set("directory/", form.exact)) == succeeds);
    CHECK(times_of(f.directory) == form.exact);
    CHECK(OUTCOME(form.set("file/", form.exact)) == fails(ENOTDIR));
    make_old(f.directory);
    CHECK(OUTCOME(form.set("dirlink/", form.exact)) == succeeds);
    CHECK(times_of(f.directory) == form.exact);
  }
}

TEST_CASE("chdir: an absolute path and a dirfd do not care about the current directory") {
  const files f;
  const opened top(f.top, O_RDONLY | O_DIRECTORY);
  enter(f.directory);
  CHECK(OUTCOME(utimensat(AT_FDCWD, f.file.c_str(), wanted, 0)) == succeeds);
  CHECK(times_of(f.file) == wanted);
  CHECK(OUTCOME(utimensat(top, "file", exact_seconds, 0)) == succeeds);
  CHECK(times_of(f.file) == exact_seconds);
  CHECK(f.untouched(f.file));
}

TEST_CASE("chdir: empty, NULL, missing, and not UTF-8, in a current directory that could be set") {
  const files f;
  enter(f.directory);
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    CHECK(OUTCOME(form.set("", form.exact)) == fails(ENOENT));
    CHECK(OUTCOME(form.set(nullptr, form.exact)) == fails(EFAULT));
    CHECK(OUTCOME(form.set("missing", form.exact)) == fails(ENOENT));
    CHECK(OUTCOME(form.set("inner/x", form.exact)) == fails(ENOTDIR));
    CHECK(OUTCOME(form.set("\xC3", form.exact)) == fails(EILSEQ));
    CHECK(OUTCOME(form.set("inner\xFF", times{{{-1, 0}, {-1, 0}}})) == fails(EILSEQ));
    CHECK(OUTCOME(form.set("inner", times{{{-1, 0}, {-1, 0}}})) == fails(EINVAL));
  }
  CHECK(f.untouched());
}

TEST_CASE("chdir: a path that does not fit into PATH_MAX once joined is ENAMETOOLONG") {
  const files f;
  enter(f.directory);
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    // Without the current directory these are shorter than PATH_MAX, so it is the join that counts.
    for (const size_t length : {size_t(PATH_MAX - 1), size_t(PATH_MAX), size_t(PATH_MAX + 100)}) {
      std::string path;
      while (path.size() + 7 <= length) {
        path += "./";
      }
      path.resize(length, 'x');
      CAPTURE(length);
      CHECK(OUTCOME(form.set(path.c_str(), form.exact)) == fails(ENAMETOOLONG));
      CHECK(OUTCOME(form.set(path.c_str(), nullptr)) == fails(ENAMETOOLONG));
    }
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
  for (const auto &form : path_forms) {
    CAPTURE(form.name);
    make_old(f.inner);
    CHECK(OUTCOME(form.set(path.c_str(), form.exact)) == succeeds);
    CHECK(times_of(f.inner) == form.exact);
  }
}
