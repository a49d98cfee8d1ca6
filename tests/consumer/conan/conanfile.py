# The test of the Conan package: the project of the folder above, which finds cosio by find_package.

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class Consumer(ConanFile):
    settings = "os", "compiler", "build_type", "arch"
    generators = "CMakeDeps", "CMakeToolchain"
    test_type = "explicit"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder="..")
        cmake.build(target="my_server")
        cmake.build(target="version")

    def test(self):
        if can_run(self):
            version = self.dependencies["cosio"].ref.version
            self.run(f"{os.path.join(self.cpp.build.bindir, 'version')} {version}", env="conanrun")
