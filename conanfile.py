# conan create . --build=missing
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class TransstConan(ConanFile):
    name = "transst"
    description = "Transfer learning and spatial clustering for spatial transcriptomics"
    license = "MIT"
    topics = ("spatial-transcriptomics", "clustering", "transfer-learning", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_io": [True, False], "with_hdf5": [True, False]}
    default_options = {"with_io": True, "with_hdf5": False}
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True
    test_package_folder = "cmake/conan"

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "transst", "version.hpp"))
        self.version = ".".join(re.findall(r"#define TRANSST_VERSION_[A-Z]+ (\d+)", header))

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]")
        self.requires("nanoflann/[>=1.4 <2]")
        if self.options.with_io:
            self.requires("zlib/[>=1.2.11 <2]")
        if self.options.with_hdf5:
            self.requires("hdf5/[>=1.10 <2]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.options.with_hdf5 and not self.options.with_io:
            raise ConanInvalidConfiguration("with_hdf5 needs with_io")

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"),
             os.path.join(self.package_folder, "include"))

    def package_info(self):
        needs = {"transst": ["eigen::eigen", "nanoflann::nanoflann"], "report": ["transst"]}
        if self.options.with_io:
            needs["io"] = ["transst", "zlib::zlib"]
        if self.options.with_hdf5:
            needs["hdf5"] = ["io", "hdf5::hdf5_c"]
        # all components together; by default it would be called as one of them is
        self.cpp_info.set_property("cmake_target_name", "transst::all")
        for name, requires in needs.items():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"transst::{name}")
            component.requires = requires
            component.bindirs = component.libdirs = []
            if name == "hdf5":
                component.defines = ["TRANSST_HAS_HDF5"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.components["transst"].system_libs = ["pthread"]
