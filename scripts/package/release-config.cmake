# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The package of this release for the wasi-libc of CMAKE_SYSROOT, or of the wasi-sdk that the compiler
# is of.

get_filename_component(_wasi_utimens_top "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(CMAKE_C_COMPILER)
  get_filename_component(_wasi_utimens_sdk "${CMAKE_C_COMPILER}/../.." ABSOLUTE)
else()
  get_filename_component(_wasi_utimens_sdk "${CMAKE_CXX_COMPILER}/../.." ABSOLUTE)
endif()
set(_wasi_utimens_sysroot "${CMAKE_SYSROOT}")
if(NOT _wasi_utimens_sysroot)
  set(_wasi_utimens_sysroot "${_wasi_utimens_sdk}/share/wasi-sysroot")
endif()
execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env "WASI_SDK_PATH=${_wasi_utimens_sdk}"
          sh "${_wasi_utimens_top}/generation.sh" "${_wasi_utimens_sysroot}"
  OUTPUT_VARIABLE _wasi_utimens_generation OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_VARIABLE _wasi_utimens_why ERROR_STRIP_TRAILING_WHITESPACE)
set(_wasi_utimens_config "${_wasi_utimens_top}/${_wasi_utimens_generation}/lib/cmake/wasi-utimens/wasi-utimens-config.cmake")
if(_wasi_utimens_generation AND EXISTS "${_wasi_utimens_config}")
  include("${_wasi_utimens_config}")
else()
  set(wasi-utimens_FOUND FALSE)
  set(wasi-utimens_NOT_FOUND_MESSAGE "${_wasi_utimens_why}")
endif()
unset(_wasi_utimens_top)
unset(_wasi_utimens_sdk)
unset(_wasi_utimens_sysroot)
unset(_wasi_utimens_generation)
unset(_wasi_utimens_why)
unset(_wasi_utimens_config)
