# A port of the checkout that it lies in: vcpkg install transst --overlay-ports=cmake/vcpkg
set(VCPKG_BUILD_TYPE release)  # there are headers only
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features
    INVERTED_FEATURES
        io CMAKE_DISABLE_FIND_PACKAGE_ZLIB
        hdf5 CMAKE_DISABLE_FIND_PACKAGE_HDF5C)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS ${features}
        -DTRANSST_BUILD_TESTS=OFF -DTRANSST_BUILD_EXAMPLES=OFF -DTRANSST_BUILD_BENCHMARKS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/transst)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
