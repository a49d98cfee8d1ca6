# The recipe for Conan 2. Boost, OpenSSL and the other libraries are those of the system: Conan's Boost has another
# layout of packages and would be built for an hour.
#
#   conan create lib/packaging/conan --test-folder=../../../tests/consumer/conan
#
# tests/conan.sh runs this with a Conan of its own.

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.system.package_manager import Apt

REQUIRED = ["libssl-dev", "zlib1g-dev"]
BOOST = ["libboost{}-dev", "libboost-json{}-dev", "libboost-url{}-dev"]


class Cosio(ConanFile):
    name = "cosio"
    description = "Socket.IO server framework for C++20 coroutines"
    license = "BSL-1.0"
    topics = ("socket.io", "engine.io", "websocket", "coroutines", "asio")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "with_msgpack": [True, False],
        "with_redis": [True, False],
        "with_postgres": [True, False],
        "with_client_bundle": [True, False],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "with_msgpack": True,
        "with_redis": True,
        "with_postgres": True,
        "with_client_bundle": False,
    }

    @property
    def _tree(self):
        return os.path.normpath(os.path.join(self.recipe_folder, "..", "..", ".."))

    def set_version(self):
        header = load(self, os.path.join(self._tree, "lib", "include", "cosio", "version.hpp"))
        self.version = re.search(r'COSIO_VERSION_STRING "([0-9.]+)"', header).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "lib/*"):
            copy(self, pattern, src=self._tree, dst=self.export_sources_folder)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")

    def validate(self):
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration("cosio needs a POSIX system")
        if self.options.with_redis and not self.options.with_msgpack:
            raise ConanInvalidConfiguration("with_redis needs with_msgpack")
        if self.options.with_postgres and not self.options.with_msgpack:
            raise ConanInvalidConfiguration("with_postgres needs with_msgpack")

    def layout(self):
        cmake_layout(self)

    def system_requirements(self):
        apt = Apt(self)
        packages = list(REQUIRED)
        if self.options.with_msgpack:
            packages.append("nlohmann-json3-dev")
        if self.options.with_redis:
            packages.append("libhiredis-dev")
        if self.options.with_postgres:
            packages.append("libpq-dev")
        apt.install(packages, check=True)
        # Debian 12 has Boost 1.81 beside a Boost that is too old; newer systems have one that is new enough.
        apt.install_substitutes(*[[name.format(version) for name in BOOST] for version in ("1.81", "")], check=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.cache_variables["COSIO_BUILD_APPS"] = False
        toolchain.cache_variables["COSIO_BUILD_TESTS"] = False
        toolchain.cache_variables["COSIO_WARNINGS_AS_ERRORS"] = False
        toolchain.cache_variables["COSIO_BCRYPT"] = False
        toolchain.cache_variables["COSIO_CLIENT_BUNDLE"] = bool(self.options.with_client_bundle)
        toolchain.cache_variables["CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json"] = not self.options.with_msgpack
        toolchain.cache_variables["CMAKE_DISABLE_FIND_PACKAGE_hiredis"] = not self.options.with_redis
        toolchain.cache_variables["CMAKE_DISABLE_FIND_PACKAGE_PostgreSQL"] = not self.options.with_postgres
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        cmake = CMake(self)
        cmake.install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # find_package(cosio) reads the library's own file: it has the target cosio::cosio, the components and the
        # function cosio_typescript().
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "cosio")]
        # Other generators than CMakeDeps read these.
        self.cpp_info.set_property("pkg_config_name", "cosio")
        self.cpp_info.libs = ["cosio"]
        self.cpp_info.system_libs = ["boost_json", "pthread"]
        if not self.options.shared:
            self.cpp_info.system_libs += ["boost_url", "ssl", "crypto", "z"]
            if self.options.with_redis:
                self.cpp_info.system_libs.append("hiredis")
            if self.options.with_postgres:
                self.cpp_info.system_libs.append("pq")
