# Finds nanoflann's own package file, else its single header. Gives nanoflann::nanoflann.

find_package(nanoflann ${nanoflann_FIND_VERSION} CONFIG QUIET)

include(FindPackageHandleStandardArgs)
if(nanoflann_CONFIG)
    find_package_handle_standard_args(nanoflann CONFIG_MODE)
    return()
endif()

find_path(nanoflann_INCLUDE_DIR nanoflann.hpp PATH_SUFFIXES nanoflann)
mark_as_advanced(nanoflann_INCLUDE_DIR)
if(nanoflann_INCLUDE_DIR)
    # The header writes 1.4.3 as 0x143.
    file(STRINGS ${nanoflann_INCLUDE_DIR}/nanoflann.hpp version_line
        REGEX "#define NANOFLANN_VERSION 0x")
    if(version_line MATCHES "0x([0-9A-Fa-f]+)([0-9A-Fa-f])([0-9A-Fa-f])")
        set(nanoflann_VERSION ${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3})
    endif()
endif()
find_package_handle_standard_args(nanoflann
    REQUIRED_VARS nanoflann_INCLUDE_DIR VERSION_VAR nanoflann_VERSION
    REASON_FAILURE_MESSAGE "Debian: libnanoflann-dev")

if(nanoflann_FOUND AND NOT TARGET nanoflann::nanoflann)
    add_library(nanoflann::nanoflann INTERFACE IMPORTED)
    set_target_properties(nanoflann::nanoflann PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${nanoflann_INCLUDE_DIR}")
endif()
