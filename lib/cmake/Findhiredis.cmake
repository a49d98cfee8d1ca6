# Finds hiredis as the target hiredis::hiredis: by the package of its own (1.0 and newer), or by its files.
#
# It is installed beside cosio-config.cmake, for programs that link a static cosio.
# hiredis_FOUND, hiredis_VERSION and hiredis::hiredis are what others read.

find_package(hiredis CONFIG QUIET)
if(TARGET hiredis::hiredis)
  set(hiredis_FOUND ON)
  return()
endif()

find_path(hiredis_INCLUDE_DIR hiredis/hiredis.h DOC "Headers of hiredis, for the Redis adapter")
find_library(hiredis_LIBRARY hiredis DOC "hiredis, for the Redis adapter")
mark_as_advanced(hiredis_INCLUDE_DIR hiredis_LIBRARY)

set(hiredis_VERSION "")
if(hiredis_INCLUDE_DIR)
  file(STRINGS "${hiredis_INCLUDE_DIR}/hiredis/hiredis.h" numbers REGEX "^#define HIREDIS_(MAJOR|MINOR|PATCH) ")
  list(TRANSFORM numbers REPLACE "^.* ([0-9]+).*$" "\\1")
  list(JOIN numbers "." hiredis_VERSION)
  unset(numbers)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hiredis REQUIRED_VARS hiredis_LIBRARY hiredis_INCLUDE_DIR VERSION_VAR hiredis_VERSION)

if(hiredis_FOUND)
  add_library(hiredis::hiredis UNKNOWN IMPORTED)
  set_target_properties(hiredis::hiredis PROPERTIES IMPORTED_LOCATION "${hiredis_LIBRARY}"
                                                    INTERFACE_INCLUDE_DIRECTORIES "${hiredis_INCLUDE_DIR}")
endif()
