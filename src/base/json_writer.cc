#include <kymo/base/json_writer.h>

#include <array>
#include <cmath>

#include <kymo/base/hex.h>
#include <kymo/base/number_text.h>
#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::base {
namespace {

constexpr std::size_t kIndent = 2;

bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

std::size_t plain_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

void append_escaped(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0xFU];
}

/// Appends the first character of `text`, which needs an escape; returns its number of bytes.
std::size_t append_character(std::string_view text, std::string& out) {
  const std::size_t length = utf8_length(text);
  if (length == 1) {
    append_escaped(text.front(), out);
  } else {
    out += length == 0 ? kReplacementCharacter : text.substr(0, length);
  }
  return length == 0 ? 1 : length;
}

}  // namespace

void JsonWriter::key(std::string_view name) {
  next();
  append_string(name);
  out_ += layout_ == JsonLayout::compact ? ":" : ": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  next();
  append_string(text);
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  append_number(number);
}

void JsonWriter::literal(std::string_view text) {
  next();
  out_ += text;
}

void JsonWriter::begin(char bracket) {
  next();
  out_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (!first_) break_line();
  out_ += bracket;
  first_ = false;
}

// Before every value and every key.
void JsonWriter::next() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_) out_ += ',';
  if (depth_ > 0) break_line();
  first_ = false;
}

void JsonWriter::break_line() {
  if (layout_ == JsonLayout::compact) return;
  out_ += '\n';
  out_.append(depth_ * kIndent, ' ');
}

template <class Integer>
void JsonWriter::append_number(Integer number) {
  next();
  std::array<char, kMaxNumberBytes> text;
  const char* const end = put_number(text.data(), number);
  out_.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

template void JsonWriter::append_number(std::uint64_t number);
template void JsonWriter::append_number(std::int64_t number);

void JsonWriter::append_string(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out_.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_character(text, out_));
  }
  out_ += '"';
}

}  // namespace kymo::KYMO_ABI::base
