# The installed package: headers under include, CMake files under share/cmake (nothing here depends
# on the architecture), and a pkg-config file.

include(CMakePackageConfigHelpers)

set(transst_cmake_dir ${CMAKE_INSTALL_DATADIR}/cmake/transst)
set(transst_generated ${PROJECT_BINARY_DIR}/cmake)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/transst
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.hpp")

# One export set for each component, so that the package file loads only those whose libraries
# are there.
set_target_properties(transst_report PROPERTIES EXPORT_NAME report)
set(components transst transst_report)
if(TARGET transst_io)
    set_target_properties(transst_io PROPERTIES EXPORT_NAME io)
    list(APPEND components transst_io)
endif()
if(TARGET transst_hdf5)
    set_target_properties(transst_hdf5 PROPERTIES EXPORT_NAME hdf5)
    list(APPEND components transst_hdf5)
endif()
foreach(target IN LISTS components)
    string(REPLACE "_" "-" name ${target})
    install(TARGETS ${target} EXPORT ${name} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT ${name} NAMESPACE transst:: FILE ${name}-targets.cmake
        DESTINATION ${transst_cmake_dir} COMPONENT dev)
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/transst-config.cmake.in
    ${transst_generated}/transst-config.cmake INSTALL_DESTINATION ${transst_cmake_dir}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${transst_generated}/transst-config-version.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(${PROJECT_SOURCE_DIR}/cmake/transst.pc.in ${transst_generated}/transst.pc @ONLY)

install(FILES
    ${transst_generated}/transst-config.cmake
    ${transst_generated}/transst-config-version.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindHDF5C.cmake
    ${PROJECT_SOURCE_DIR}/cmake/Findnanoflann.cmake
    DESTINATION ${transst_cmake_dir} COMPONENT dev)
install(FILES ${transst_generated}/transst.pc
    DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT dev)
