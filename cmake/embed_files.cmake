# Run by kymo_embed_files(): writes OUT, a source with the bytes of FILES (separated by |) below FOLDER.
string(REPLACE "|" ";" files "${FILES}")
set(arrays "")
set(entries "")
set(number 0)
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char ${SYMBOL}File${number}[] = {\n${bytes}\n0};\n\n")
  string(APPEND entries "    {\"${file}\", {reinterpret_cast<const char*>(${SYMBOL}File${number}), sizeof ${SYMBOL}File${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT} "// Written by cmake/embed_files.cmake.
#include \"src/live/routes/routes.h\"

namespace kymo::KYMO_ABI::live {
namespace {

${arrays}const EmbeddedFile ${SYMBOL}All[] = {
${entries}};

}  // namespace

extern const std::span<const EmbeddedFile> ${SYMBOL};
const std::span<const EmbeddedFile> ${SYMBOL}(${SYMBOL}All);

}  // namespace kymo::KYMO_ABI::live
")
