#include <kymo/base/text_sink.h>

#include <algorithm>

namespace kymo::KYMO_ABI::base {
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

void TextSink::append(std::string_view text) {
  while (!text.empty()) {
    const std::span<char> stretch = room(1);
    const std::size_t size = text.copy(stretch.data(), stretch.size());
    wrote(size);
    text.remove_prefix(size);
  }
}

std::span<char> StringSink::room(std::size_t bytes) {
  used_ = out_.size();
  const std::size_t wanted = used_ + std::max(bytes, step_);
  // Growing by a factor, as a string does by itself, and past the end of a step that would just not fit.
  if (wanted > out_.capacity()) out_.reserve(std::max(wanted, out_.capacity() * 2));
  resize_without_filling(out_, wanted);
  return {out_.data() + used_, wanted - used_};
}

void StringSink::expect(std::size_t bytes) {
  const std::size_t total = out_.size() + bytes;
  if (total > out_.capacity()) out_.reserve(total);
}

}  // namespace kymo::KYMO_ABI::base
