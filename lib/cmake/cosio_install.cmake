# The install target: headers of the front door, the library, and what find_package(cosio) and pkg-config read.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/cosio")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/cosio-config.cmake.in" "${PROJECT_BINARY_DIR}/cosio-config.cmake"
                              INSTALL_DESTINATION "${config_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cosio-config-version.cmake" COMPATIBILITY SameMinorVersion)

install(TARGETS cosio EXPORT cosio-targets)
install(EXPORT cosio-targets NAMESPACE cosio:: DESTINATION "${config_dir}")
install(FILES "${PROJECT_BINARY_DIR}/cosio-config.cmake" "${PROJECT_BINARY_DIR}/cosio-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/cosio_typescript.cmake"
        DESTINATION "${config_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/include/cosio" TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" TYPE DOC)
