# The ways into another project, each tried with the small project in package/.

function(transst_try_package how)
    add_test(NAME "package/${how}"
        COMMAND ${CMAKE_COMMAND}
            -D HOW=${how}
            -D SOURCE_DIR=${PROJECT_SOURCE_DIR}
            -D BUILD_DIR=${PROJECT_BINARY_DIR}
            -D WORK_DIR=${CMAKE_CURRENT_BINARY_DIR}/package/${how}
            -D GENERATOR=${CMAKE_GENERATOR}
            -D COMPILER=${CMAKE_CXX_COMPILER}
            "-D LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}"
            "-D FLAGS=${CMAKE_CXX_FLAGS}"
            "-D PREFIX_PATH=${CMAKE_PREFIX_PATH}"
            -D IO=$<TARGET_EXISTS:transst_io>
            -D VERSION=${PROJECT_VERSION}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/package/run.cmake)
endfunction()

if(TRANSST_INSTALL)
    transst_try_package(find_package)
endif()
transst_try_package(add_subdirectory)
