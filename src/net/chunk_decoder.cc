#include "chunk_decoder.h"

#include <algorithm>
#include <charconv>

#include <kymo/base/ascii.h>

#include "header_field.h"

namespace kymo::KYMO_ABI::net {
namespace {

/// Room for a 64-bit size and a signature in an extension.
constexpr std::size_t kSizeLineBytes = 256;
constexpr std::size_t kMostDigits = 16;

bool is_line_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

/// Takes the text after a `=`: a token or a quoted string (RFC 9110 5.6.4). False for anything else.
bool take_extension_value(std::string_view& text) noexcept {
  std::size_t end = 0;
  if (text.starts_with('"')) {
    end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return false;
    ++end;
  } else {
    while (end < text.size() && is_token_char(text[end])) ++end;
  }
  text.remove_prefix(end);
  return end > 0;
}

/// `;name`, `;name=value`, any number of them, without blanks.
bool is_extension_list(std::string_view text) noexcept {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find_first_of(";="), text.size());
    if (!is_token(text.substr(0, end))) return false;
    text.remove_prefix(end);
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    if (!take_extension_value(text)) return false;
  }
  return true;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::take(std::string_view& bytes, std::string& body) {
  State state = State::more;
  while (!bytes.empty() && state == State::more) {
    if (part_ == Part::data) {
      take_data(bytes, body);
    } else {
      state = take_line(bytes, body.size());
    }
  }
  return state;
}

void ChunkDecoder::take_data(std::string_view& bytes, std::string& body) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  body.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  left_ -= size;
  if (left_ == 0) part_ = Part::data_end;
}

/// Takes one character of a line; `line_` keeps a CR, which LF must follow.
ChunkDecoder::State ChunkDecoder::take_line(std::string_view& bytes, std::size_t body_size) {
  const char c = bytes.front();
  bytes.remove_prefix(1);
  if (line_.ends_with('\r')) {
    if (c != '\n') return refuse({400, "a CR without LF in the body's framing"});
    line_.pop_back();
    return end_line(body_size);
  }
  if (c != '\r' && (!is_line_char(c) || part_ == Part::data_end)) {
    return refuse({400, part_ == Part::data_end ? "a chunk is longer than it says"
                                                : "a control character in a chunk's line"});
  }
  line_.push_back(c);
  if (line_.size() > line_limit()) {
    return refuse(part_ == Part::trailer ? Fault{431, "the trailers are too long"}
                                         : Fault{400, "a chunk's line is too long"});
  }
  return State::more;
}

std::size_t ChunkDecoder::line_limit() const noexcept {
  return part_ == Part::trailer ? limits_.trailer_bytes - trailer_bytes_ : kSizeLineBytes;
}

ChunkDecoder::State ChunkDecoder::end_line(std::size_t body_size) {
  State state = State::more;
  if (part_ == Part::size_line) {
    state = end_size_line(body_size);
  } else if (part_ == Part::trailer) {
    state = end_trailer_line();
  } else {
    part_ = Part::size_line;
  }
  line_.clear();
  return state;
}

ChunkDecoder::State ChunkDecoder::end_size_line(std::size_t body_size) {
  const char* begin = line_.data();
  const char* line_end = begin + line_.size();
  const char* end = std::find_if_not(begin, line_end, base::is_hex_digit);
  const auto digits = static_cast<std::size_t>(end - begin);
  const std::string_view extensions = std::string_view(line_).substr(digits);
  if (digits == 0 || digits > kMostDigits || !is_extension_list(extensions)) {
    return refuse({400, "a chunk's size is not a hexadecimal number"});
  }
  std::from_chars(begin, end, left_, 16);
  if (left_ > limits_.body_bytes - body_size) {
    return refuse({413, "the body is longer than " + std::to_string(limits_.body_bytes) + " bytes"});
  }
  part_ = left_ == 0 ? Part::trailer : Part::data;
  return State::more;
}

ChunkDecoder::State ChunkDecoder::end_trailer_line() {
  if (line_.empty()) return State::done;
  trailer_bytes_ += line_.size();
  HeaderField field;
  if (auto fault = read_field(line_, field)) return refuse(std::move(*fault));
  if (is_framing_field(field.name)) {
    return refuse({400, "a trailer must not contain Content-Length, Transfer-Encoding or Host"});
  }
  return State::more;
}

ChunkDecoder::State ChunkDecoder::refuse(Fault fault) {
  fault_ = std::move(fault);
  return State::faulty;
}

}  // namespace kymo::KYMO_ABI::net
