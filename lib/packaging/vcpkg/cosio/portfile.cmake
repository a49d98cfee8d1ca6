# An overlay port: it builds the tree that it is part of.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES
    client-bundle COSIO_CLIENT_BUNDLE
  INVERTED_FEATURES
    msgpack CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json
    postgres CMAKE_DISABLE_FIND_PACKAGE_PostgreSQL
    redis CMAKE_DISABLE_FIND_PACKAGE_hiredis)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${FEATURE_OPTIONS}
    -DCOSIO_BUILD_APPS=OFF
    -DCOSIO_BUILD_TESTS=OFF
    -DCOSIO_BCRYPT=OFF
    -DCOSIO_WARNINGS_AS_ERRORS=OFF
  MAYBE_UNUSED_VARIABLES
    CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json
    CMAKE_DISABLE_FIND_PACKAGE_PostgreSQL
    CMAKE_DISABLE_FIND_PACKAGE_hiredis)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/cosio)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
