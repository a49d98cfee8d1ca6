# Debian packages by CPack: libcosio0.2 with the shared library, libcosio-dev with all that a compiler needs.
#
#   cmake --preset debian && cmake --build --preset debian && (cd build/debian && cpack)
#
# tests/packages.sh makes them, installs them in a new system, and builds programs there.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cosio)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_COSIO_RUNTIME_DESCRIPTION "Serves clients of Socket.IO 2, 3 and 4, over WebSocket and long-polling. This is the shared library.")
set(CPACK_DEBIAN_COSIO_DEVELOPMENT_DESCRIPTION "Serves clients of Socket.IO 2, 3 and 4. These are the files to compile programs with.")
set(COSIO_PACKAGE_CONTACT "cosio <root@localhost>" CACHE STRING "Maintainer that the Debian packages name")
set(CPACK_PACKAGE_CONTACT "${COSIO_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
if(cosio_is_static)
  set(CPACK_COMPONENTS_ALL cosio_development)
else()
  set(CPACK_COMPONENTS_ALL cosio_runtime cosio_development)
  set(CPACK_COMPONENT_COSIO_DEVELOPMENT_DEPENDS cosio_runtime)  # exactly this version
endif()
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

# Debian names libraries by the name and version of the shared object, so another version can be installed beside.
set(cosio_runtime_package "libcosio${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(CPACK_DEBIAN_COSIO_RUNTIME_PACKAGE_NAME "${cosio_runtime_package}")
set(CPACK_DEBIAN_COSIO_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_COSIO_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

# The public headers include headers of Boost only. Programs are compiled and linked with the Boost of the library.
set(needs libboost${COSIO_BOOST_SERIES}-dev libboost-json${COSIO_BOOST_SERIES}-dev)
if(cosio_is_static)
  list(APPEND needs libboost-url${COSIO_BOOST_SERIES}-dev libssl-dev zlib1g-dev)
  if(COSIO_WITH_REDIS)
    list(APPEND needs libhiredis-dev)
  endif()
  if(COSIO_WITH_POSTGRES)
    list(APPEND needs libpq-dev)
  endif()
  if(COSIO_WITH_BCRYPT)
    list(APPEND needs libcrypt-dev)
  endif()
endif()
list(JOIN needs ", " needs)
set(CPACK_DEBIAN_COSIO_DEVELOPMENT_PACKAGE_NAME libcosio-dev)
set(CPACK_DEBIAN_COSIO_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_COSIO_DEVELOPMENT_PACKAGE_DEPENDS "${needs}")

# The licence, where Debian looks for it.
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER "${component}" package)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${CPACK_DEBIAN_${package}_PACKAGE_NAME}"
          RENAME copyright COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
include(CPack)
