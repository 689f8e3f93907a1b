# Files as part of the program: kymo_embed_files(OUT.cc SYMBOL FOLDER FILE…) writes a source that defines
#   const std::span<const EmbeddedFile> SYMBOL;   (namespace kymo::live with its inline ABI namespace, see src/live/routes/routes.h)
# anew whenever one of the files changes. It needs nothing but CMake.
set(KYMO_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake)

function(kymo_embed_files out symbol folder)
  list(TRANSFORM ARGN PREPEND ${folder}/ OUTPUT_VARIABLE paths)
  list(JOIN ARGN "|" files)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} -DFOLDER=${folder} "-DFILES=${files}" -P ${KYMO_EMBED_SCRIPT}
    DEPENDS ${paths} ${KYMO_EMBED_SCRIPT}
    COMMENT "Embedding ${folder}"
    VERBATIM)
endfunction()
