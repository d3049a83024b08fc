# Finds HDF5's C library without a C compiler, which CMake's own module needs. Gives HDF5C::HDF5C.

find_path(HDF5C_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(HDF5C_LIBRARY NAMES hdf5 hdf5_serial PATH_SUFFIXES hdf5/serial)
mark_as_advanced(HDF5C_INCLUDE_DIR HDF5C_LIBRARY)
if(HDF5C_INCLUDE_DIR AND EXISTS ${HDF5C_INCLUDE_DIR}/H5public.h)
    file(STRINGS ${HDF5C_INCLUDE_DIR}/H5public.h version_line REGEX "#define H5_VERS_INFO ")
    if(version_line MATCHES "([0-9]+\\.[0-9]+\\.[0-9]+)")
        set(HDF5C_VERSION ${CMAKE_MATCH_1})
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HDF5C
    REQUIRED_VARS HDF5C_LIBRARY HDF5C_INCLUDE_DIR VERSION_VAR HDF5C_VERSION
    REASON_FAILURE_MESSAGE "Debian: libhdf5-dev")

if(HDF5C_FOUND AND NOT TARGET HDF5C::HDF5C)
    add_library(HDF5C::HDF5C UNKNOWN IMPORTED)
    set_target_properties(HDF5C::HDF5C PROPERTIES
        IMPORTED_LOCATION "${HDF5C_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${HDF5C_INCLUDE_DIR}")
endif()
