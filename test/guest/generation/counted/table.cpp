// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "generation/counted/table.h"

#include "generation/file-descriptor.h"

#include <errno.h>
#include <stdlib.h>

using namespace wasi_utimens;

extern "C" descriptor_table_entry *descriptor_table_get_ref(int fd); // the earlier wasi-libc's

namespace {

// The data of a counted entry begins with the count.
struct counted_data {
  unsigned references;
  descriptor_table_entry real;
  counted_data *next;
};

counted_data *all_data;
counted_table::counts so_far;
unsigned held = 1;
bool fstat_fails = false;

const descriptor_table_entry &real_entry(void *data) {
  return static_cast<counted_data *>(data)->real;
}

constexpr descriptor_vtable stream_vtable = {};

constexpr descriptor_vtable file_vtable = [] {
  descriptor_vtable vtable = {};
  vtable.fstat = [](void *data, struct stat *status) {
    if (fstat_fails) {
      status->st_mode = S_IFDIR;
      errno = EIO;
      return -1;
    }
    return real_entry(data).vtable->fstat(real_entry(data).data, status);
  };
  vtable.get_file = [](void *data, wit::descriptor *borrow) {
    return real_entry(data).vtable->get_file(real_entry(data).data, borrow);
  };
  return vtable;
}();

} // namespace

extern "C" int descriptor_table_get(int fd, descriptor_table_entry *entry) {
  const descriptor_table_entry *real = descriptor_table_get_ref(fd);
  if (real == nullptr) {
    return -1;
  }
  // Never freed, so that a reference that is dropped too late or too often shows.
  auto *data = static_cast<counted_data *>(malloc(sizeof(counted_data)));
  *data = {held + 1, *real, all_data};
  all_data = data;
  ++so_far.taken;
  *entry = {data, real->vtable->get_file != nullptr ? &file_vtable : &stream_vtable};
  return 0;
}

extern "C" void __wasilibc_descriptor_deallocate(descriptor_table_entry entry) {
  ++so_far.deallocated;
  if (static_cast<counted_data *>(entry.data)->references != 0) {
    ++so_far.misused;
  }
  static_cast<counted_data *>(entry.data)->references = held; // as if it had been dropped to here
}

int counted_references() {
  int references = 0;
  for (const counted_data *data = all_data; data != nullptr; data = data->next) {
    references += static_cast<int>(data->references - held);
  }
  return references;
}

counted_table::counts counted_table::counted() { return so_far; }

void counted_table::hold(bool holds) { held = holds ? 1 : 0; }

void counted_table::fail_fstat(bool fails) { fstat_fails = fails; }
