# Refuses builds that cannot work. Each refusal is a sentence that says why, and what to do instead.
#
# This file reads variables and changes none of them. So tests/structure/refusals.sh can run it as a script.

function(cosio_refuse)
  list(JOIN ARGN " " sentence)
  message(FATAL_ERROR "cosio: ${sentence}")
endfunction()

# Systems
if(WIN32 OR MSVC)
  cosio_refuse("Windows is not supported yet. Its sockets are no file descriptors and know no readiness: async/watched_socket.hpp,"
               "async/tcp_stream.cpp and base/system_calls.hpp would each need a form for it. Build cosio in WSL meanwhile.")
endif()
if(DEFINED COSIO_HAS_EPOLL AND NOT COSIO_HAS_EPOLL AND DEFINED COSIO_ASIO_WAITS AND NOT COSIO_ASIO_WAITS)
  cosio_refuse("COSIO_ASIO_WAITS is off, but ${CMAKE_SYSTEM_NAME} has no epoll to wait with. Leave COSIO_ASIO_WAITS unset: it is on"
               "where it must be.")
endif()

# Compilers
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  cosio_refuse("GCC 12 or newer is needed, and this is ${CMAKE_CXX_COMPILER_VERSION}: coroutines of older ones are broken.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  cosio_refuse("Clang 16 or newer is needed, and this is ${CMAKE_CXX_COMPILER_VERSION}: older ones do not compile lambdas that"
               "capture structured bindings.")
endif()
if(DEFINED COSIO_HAS_COROUTINES AND NOT COSIO_HAS_COROUTINES)
  cosio_refuse("this compiler (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}) has no C++20 coroutines. Use GCC 12 or Clang 16,"
               "or a newer one.")
endif()

# Options that exclude each other
if(COSIO_SANITIZE MATCHES "thread" AND COSIO_SANITIZE MATCHES "address|leak|memory")
  cosio_refuse("COSIO_SANITIZE=${COSIO_SANITIZE} cannot work: ThreadSanitizer goes with no other but undefined. Make two builds.")
endif()
if(COSIO_SANITIZE MATCHES "memory" AND COSIO_SANITIZE MATCHES "address|leak")
  cosio_refuse("COSIO_SANITIZE=${COSIO_SANITIZE} cannot work: MemorySanitizer goes with no other but undefined. Make two builds.")
endif()
if(COSIO_SANITIZE MATCHES "memory" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  cosio_refuse("COSIO_SANITIZE=${COSIO_SANITIZE} cannot work: GCC has no MemorySanitizer. Use Clang.")
endif()
if(COSIO_BUILD_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  cosio_refuse("COSIO_BUILD_FUZZERS needs Clang: libFuzzer is part of it.")
endif()

# Libraries
if(DEFINED COSIO_BOOST_FOUND AND NOT COSIO_BOOST_FOUND)
  set(seen "none")
  if(COSIO_BOOST_SEEN)
    set(seen "${COSIO_BOOST_SEEN}")
  endif()
  cosio_refuse("Boost 1.81 or newer is needed, with its json and url libraries (found: ${seen}). Name another one with"
               "-D CMAKE_PREFIX_PATH=<where it is installed>.")
endif()
if(DEFINED COSIO_CLI11_FOUND AND NOT COSIO_CLI11_FOUND)
  cosio_refuse("the apps need CLI11 2.1 or newer, and it was not found. Install it (on Debian: apt-get install libcli11-dev), or build"
               "the library without its apps: -D COSIO_BUILD_APPS=OFF.")
endif()
