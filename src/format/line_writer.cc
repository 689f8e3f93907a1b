#include "line_writer.h"

namespace kymo::KYMO_ABI::format {
namespace {

// Filling what the text is about to overwrite takes a third as long as writing it.
void resize_without_filling(std::string& text, std::size_t size) {
#ifdef __cpp_lib_string_resize_and_overwrite
  text.resize_and_overwrite(size, [](char* /*begin*/, std::size_t all) { return all; });
#else
  text.resize(size);
#endif
}

}  // namespace

void LineWriter::grow(std::size_t bytes) {
  const std::size_t wanted = used_ + std::max(bytes, kBlockBytes);
  // Growing by a factor, as a string does by itself, and past the end of a block that would just not fit.
  if (wanted > out_.capacity()) out_.reserve(std::max(wanted, out_.capacity() * 2));
  resize_without_filling(out_, wanted);
}

}  // namespace kymo::KYMO_ABI::format
