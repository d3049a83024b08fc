# What `cmake --install` writes. Recipes and packagers rely on these names.
include(${CMAKE_CURRENT_LIST_DIR}/expected_files.cmake)

file(REMOVE_RECURSE ${WORK_DIR})
execute_process(COMMAND
    ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR} --component dev
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
if(IO)
    list(APPEND installed_files share/cmake/transst/transst-io-targets.cmake)
endif()
if(HDF5)
    list(APPEND installed_files share/cmake/transst/transst-hdf5-targets.cmake)
endif()
expect_files(${WORK_DIR} ${installed_files})

# Nothing installed may name where it was built or installed.
foreach(file IN LISTS installed_files)
    file(STRINGS ${WORK_DIR}/${file} lines)
    foreach(folder ${SOURCE_DIR} ${BUILD_DIR} ${WORK_DIR})
        string(FIND "${lines}" "${folder}" place)
        if(NOT place EQUAL -1)
            message(FATAL_ERROR "${file} names ${folder}")
        endif()
    endforeach()
endforeach()
