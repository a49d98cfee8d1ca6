# The install target: headers of the front door, the library, and the files that find_package(cosio) and pkg-config
# read. There are two components: cosio_runtime has the shared libraries, cosio_development has all the rest.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(COSIO_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")
include(cosio_pkg_config)

# Below another project: a program that is installed needs the shared library beside it, and nothing else of cosio.
if(NOT COSIO_INSTALL)
  install(TARGETS cosio LIBRARY COMPONENT cosio_runtime NAMELINK_SKIP)
  install(TARGETS cosio_io_client LIBRARY COMPONENT cosio_runtime NAMELINK_SKIP OPTIONAL)  # made where it is linked
  return()
endif()

get_target_property(kind cosio TYPE)
set(cosio_is_static ON)
set(cosio_boost_components "json url")
if(kind STREQUAL "SHARED_LIBRARY")
  set(cosio_is_static OFF)
  set(cosio_boost_components "json")
endif()

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/cosio")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/cosio-config.cmake.in" "${PROJECT_BINARY_DIR}/cosio-config.cmake"
                              INSTALL_DESTINATION "${config_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cosio-config-version.cmake" COMPATIBILITY SameMinorVersion)
cosio_write_pkg_config("${PROJECT_BINARY_DIR}/cosio.pc")

install(TARGETS cosio cosio_io_client EXPORT cosio-targets
        LIBRARY COMPONENT cosio_runtime NAMELINK_COMPONENT cosio_development
        ARCHIVE COMPONENT cosio_development)
install(EXPORT cosio-targets NAMESPACE cosio:: DESTINATION "${config_dir}" COMPONENT cosio_development)
install(FILES "${PROJECT_BINARY_DIR}/cosio-config.cmake" "${PROJECT_BINARY_DIR}/cosio-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/cosio_typescript.cmake" "${CMAKE_CURRENT_LIST_DIR}/Findhiredis.cmake"
              "${PROJECT_BINARY_DIR}/lib/client_bundle/cosio-client-bundle.cmake"
        DESTINATION "${config_dir}" COMPONENT cosio_development)
install(FILES "${PROJECT_BINARY_DIR}/cosio.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT cosio_development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/include/cosio" TYPE INCLUDE COMPONENT cosio_development
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" TYPE DOC COMPONENT cosio_development)
if(PROJECT_IS_TOP_LEVEL)
  include(cosio_packages)
endif()
