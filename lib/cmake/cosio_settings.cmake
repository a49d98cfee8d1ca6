# Settings that every target of this project shares: language level, warnings, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# There are no modules here. CMake 3.28 and newer would look for them in every source: twice the steps of a build.
# Set in this directory and below: a project that adds this one as a subdirectory decides for its own targets.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Kind of build" FORCE)
  endif()
  find_program(COSIO_CCACHE ccache DOC "Compiler cache, used when it is there")
  mark_as_advanced(COSIO_CCACHE)
  if(COSIO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${COSIO_CCACHE}")
  endif()
  # Sources that the build generates need no check: clang-tidy finds this file first for them, and it asks for
  # nearly nothing.
  if(CMAKE_CXX_CLANG_TIDY)
    file(WRITE "${PROJECT_BINARY_DIR}/.clang-tidy" "Checks: '-*,misc-unused-alias-decls'\n")
  endif()
endif()

# Warnings for our own code. Boost comes in as a system include and stays silent.
function(cosio_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wconversion
                                           -Wno-sign-conversion -Wunused-result)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports its own coroutine frames and inlined strings; tried and found to be noise.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Members that a mutex guards: see lib/base/guarded.hpp.
    target_compile_options(${target} PRIVATE -Wthread-safety -Wthread-safety-beta)
  endif()
  if(COSIO_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# cosio_large_pieces(target files): with COSIO_UNITY, so many files are compiled as one.
function(cosio_large_pieces target files)
  if(COSIO_UNITY)
    # Warnings about private names of one file are off where several files are compiled as one.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
    target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

if(COSIO_SANITIZE)
  add_compile_options(-fsanitize=${COSIO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${COSIO_SANITIZE})
  if(COSIO_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio's fences; the code under test uses none
  endif()
endif()
