#include "protocol/json_line.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace voice {

JsonLine& JsonLine::add(std::string_view key, std::string_view value) {
  begin_member(key);
  append_quoted(value);
  return *this;
}

JsonLine& JsonLine::add(std::string_view key, std::span<const std::string_view> values) {
  begin_member(key);
  text_ += '[';
  for (const std::string_view& value : values) {
    if (&value != values.data()) text_ += ',';
    append_quoted(value);
  }
  text_ += ']';
  return *this;
}

JsonLine& JsonLine::add(std::string_view key, std::uint64_t value) {
  begin_member(key);
  text_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::add_literal(std::string_view key, std::string_view literal) {
  begin_member(key);
  text_ += literal;
  return *this;
}

JsonLine& JsonLine::add(std::string_view key, double value) {
  begin_member(key);
  std::array<char, 32> digits{};
  const auto result =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, 1);
  if (!std::isfinite(value) || result.ec != std::errc{}) {
    text_ += "null";
  } else {
    text_.append(digits.data(), result.ptr);
  }
  return *this;
}

std::string JsonLine::take() {
  text_ += '}';
  return std::move(text_);
}

void JsonLine::begin_member(std::string_view key) {
  if (text_.size() > 1) text_ += ',';
  append_quoted(key);
  text_ += ':';
}

void JsonLine::append_quoted(std::string_view value) {
  text_ += boost::json::serialize(boost::json::string_view(value.data(), value.size()));
}

}  // namespace voice
