# The ways into another project, each tried with the small project in package/.

set(include_dirs ${PROJECT_SOURCE_DIR}/include)
foreach(library Eigen3::Eigen nanoflann::nanoflann)
    list(APPEND include_dirs $<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>)
endforeach()

# transst_try_package(<name> [script]): a test named package/<name>.
function(transst_try_package how)
    set(script run)
    if(ARGC GREATER 1)
        set(script ${ARGV1})
    endif()
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
            "-D INCLUDE_DIRS=$<JOIN:${include_dirs},$<SEMICOLON>>"
            -D IO=$<TARGET_EXISTS:transst_io>
            -D HDF5=$<TARGET_EXISTS:transst_hdf5>
            -D VERSION=${PROJECT_VERSION}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/package/${script}.cmake)
endfunction()

transst_try_package(add_subdirectory)
transst_try_package(fetch_content)
if(NOT MSVC)
    transst_try_package(include_path)
endif()
if(TRANSST_INSTALL)
    transst_try_package(find_package)
    transst_try_package(components)
    transst_try_package(installed_files installed_files)
    transst_try_package(vcpkg_port vcpkg_port)
    find_program(TRANSST_PKG_CONFIG pkg-config)
    mark_as_advanced(TRANSST_PKG_CONFIG)
    if(TRANSST_PKG_CONFIG AND NOT MSVC)
        execute_process(COMMAND ${TRANSST_PKG_CONFIG} --exists eigen3 nanoflann
            RESULT_VARIABLE pkg_config_result)
        if(pkg_config_result EQUAL 0)
            transst_try_package(pkg_config)
        endif()
    endif()
endif()
