// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file streams that the sysroot's libc++ was built without: see __config_site.

#include <fstream>

template class std::basic_filebuf<char>;
template class std::basic_ifstream<char>;
template class std::basic_ofstream<char>;
