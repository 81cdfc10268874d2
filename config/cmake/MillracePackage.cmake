# What `cmake --install` puts where, and the Debian package that `cpack -G DEB` makes of it.
#
# Nothing is enabled or started by installing: `systemctl enable --now millrace` is the operator's word.

include(GNUInstallDirs)

install(TARGETS millraced millrace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Where the configuration goes depends on the prefix, which is known only when installing: with /usr it is /etc, with
# any other prefix everything stays below it, and the unit names those places.
install(CODE "set(source \"${PROJECT_SOURCE_DIR}\")")
install(CODE "set(scratch \"${PROJECT_BINARY_DIR}\")")
install(CODE [[
  set(etc "${CMAKE_INSTALL_PREFIX}/etc")
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(etc "/etc")
  endif()
  file(INSTALL "${source}/config/millrace.toml" DESTINATION "${etc}/millrace")
  file(READ "${source}/config/millrace.service" unit)
  string(REPLACE "/usr/bin/millraced" "${CMAKE_INSTALL_PREFIX}/bin/millraced" unit "${unit}")
  string(REPLACE "/etc/millrace/" "${etc}/millrace/" unit "${unit}")
  file(WRITE "${scratch}/millrace.service" "${unit}")
  file(INSTALL "${scratch}/millrace.service" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
]])
install(FILES ${PROJECT_BINARY_DIR}/man/millrace.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_BINARY_DIR}/man/millraced.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(DIRECTORY config/samples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/millrace/samples USE_SOURCE_PERMISSIONS
  PATTERN __pycache__ EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME millrace)
set(CPACK_PACKAGE_VENDOR millrace)
set(CPACK_PACKAGE_CONTACT "the millrace developers")
set(CPACK_SET_DESTDIR ON) # so that the prefix is /usr and not a folder of cpack's
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates) # whom TLS to web hooks trusts
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "event broker that speaks Kafka's protocol")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Keeps events in partitioned append-only logs and serves them to every Kafka
client, from one process without a second service.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/../debian/conffiles
  ${CMAKE_CURRENT_LIST_DIR}/../debian/postinst
  ${CMAKE_CURRENT_LIST_DIR}/../debian/prerm
  ${CMAKE_CURRENT_LIST_DIR}/../debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
