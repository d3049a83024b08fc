# expect_files(<folder> <file>...): the folder must hold these and no others.
function(expect_files folder)
    file(GLOB_RECURSE found RELATIVE ${folder} ${folder}/*)
    set(surplus ${found})
    list(REMOVE_ITEM surplus ${ARGN})
    set(missing ${ARGN})
    list(REMOVE_ITEM missing ${found})
    if(surplus OR missing)
        message(FATAL_ERROR "${folder} lacks '${missing}' and has '${surplus}' too much")
    endif()
endfunction()

# What is installed: every header, and what finds them. Nothing of it depends on the architecture.
file(GLOB_RECURSE installed_files RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/include/transst/*.hpp)
foreach(name FindHDF5C Findnanoflann transst-config transst-config-version transst-report-targets transst-targets)
    list(APPEND installed_files share/cmake/transst/${name}.cmake)
endforeach()
list(APPEND installed_files share/pkgconfig/transst.pc)
