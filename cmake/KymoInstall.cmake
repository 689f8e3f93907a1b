# What `cmake --install` leaves for others: find_package(kymo) and pkg-config.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kymo)
install(EXPORT kymo-targets NAMESPACE kymo:: DESTINATION ${package_dir})
configure_package_config_file(packaging/kymo-config.cmake.in ${CMAKE_BINARY_DIR}/kymo-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/kymo-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/kymo-config.cmake ${CMAKE_BINARY_DIR}/kymo-config-version.cmake
  DESTINATION ${package_dir})

# By where the file itself lies: `cmake --install --prefix` may choose another place than was configured, and a tree may be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE to_prefix)
set(pkgconfig_prefix "\${pcfiledir}/${to_prefix}")
foreach(folder libdir includedir)
  string(TOUPPER CMAKE_INSTALL_${folder} configured)
  set(pkgconfig_${folder} "\${prefix}/${${configured}}")
  if(IS_ABSOLUTE "${${configured}}")
    set(pkgconfig_${folder} "${${configured}}")
  endif()
endforeach()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pkgconfig_prefix "${CMAKE_INSTALL_PREFIX}")
endif()

set(pkgconfig_files kymo-core)
if(KYMO_BUILD_MONITOR)
  list(APPEND pkgconfig_files kymo)
endif()
foreach(name ${pkgconfig_files})
  configure_file(packaging/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
