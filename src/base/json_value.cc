#include <kymo/base/json_value.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::base {
namespace {

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// Each read_… returns false after setting the error.
class Reader final {
 public:
  Reader(std::string_view text, JsonLimits limits) : text_(text), limits_(limits) {}

  std::variant<JsonValue, JsonError> read() {
    JsonValue value;
    if (!read_value(value, limits_.levels)) return JsonError{error_};
    skip_blanks();
    if (at_ < text_.size()) {
      (void)fail("expected the end");
      return JsonError{error_};
    }
    return value;
  }

 private:
  bool fail(std::string_view expected) {
    error_ = "at byte " + std::to_string(at_) + ": " + std::string(expected);
    return false;
  }
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() noexcept { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }
  bool take(char c) noexcept {
    skip_blanks();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) noexcept {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool read_value(JsonValue& value, int levels);
  bool read_object(JsonValue::Object& object, int levels);
  bool read_array(JsonValue::Array& array, int levels);
  bool read_string(std::string& string);
  bool read_escape(std::string& string);
  bool read_unicode_escape(std::string& string);
  std::optional<std::uint32_t> read_hex();
  bool read_number(double& number);
  bool read_digits();

  std::string_view text_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::string error_;
};

bool Reader::read_value(JsonValue& value, int levels) {
  if (levels == 0) return fail("more than " + std::to_string(limits_.levels) + " levels deep");
  skip_blanks();
  switch (peek()) {
    case '{': return read_object(value.held.emplace<JsonValue::Object>(), levels);
    case '[': return read_array(value.held.emplace<JsonValue::Array>(), levels);
    case '"': return read_string(value.held.emplace<std::string>());
    default: break;
  }
  if (is_digit(peek()) || peek() == '-') return read_number(value.held.emplace<double>());
  if (take_word("true")) {
    value.held = true;
  } else if (take_word("false")) {
    value.held = false;
  } else if (take_word("null")) {
    value.held = nullptr;
  } else {
    return fail("expected a value");
  }
  return true;
}

bool Reader::read_object(JsonValue::Object& object, int levels) {
  ++at_;
  if (take('}')) return true;
  do {
    skip_blanks();
    std::string name;
    if (peek() != '"') return fail("expected a name in double quotes");
    if (!read_string(name)) return false;
    if (find(object, name) != nullptr) return fail("a name is repeated");
    if (object.size() == limits_.fields) {
      return fail("more than " + std::to_string(limits_.fields) + " names in an object");
    }
    if (!take(':')) return fail("expected a colon");
    object.push_back({std::move(name), JsonValue()});
    if (!read_value(object.back().value, levels - 1)) return false;
  } while (take(','));
  return take('}') || fail("expected a comma or a closing brace");
}

bool Reader::read_array(JsonValue::Array& array, int levels) {
  ++at_;
  if (take(']')) return true;
  do {
    if (!read_value(array.emplace_back(), levels - 1)) return false;
  } while (take(','));
  return take(']') || fail("expected a comma or a closing bracket");
}

bool Reader::read_string(std::string& string) {
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20) return fail("a control character in a text");
    ++at_;
    if (c == '"') return true;
    if (c != '\\') {
      string += c;
    } else if (!read_escape(string)) {
      return false;
    }
  }
  return fail("a text does not end");
}

bool Reader::read_escape(std::string& string) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = peek();
  ++at_;
  if (c == 'u') return read_unicode_escape(string);
  const std::size_t index = kEscapes.find(c);
  if (c == '\0' || index == std::string_view::npos) return fail("an unknown escape");
  string += kMeanings[index];
  return true;
}

bool Reader::read_unicode_escape(std::string& string) {
  const auto first = read_hex();
  if (!first || (*first & 0xFC00U) == 0xDC00U) return fail("a broken \\u escape");
  if ((*first & 0xFC00U) != 0xD800U) {
    append_utf8(*first, string);
    return true;
  }
  if (!take_word("\\u")) return fail("half of a surrogate pair");
  const auto second = read_hex();
  if (!second || (*second & 0xFC00U) != 0xDC00U) return fail("half of a surrogate pair");
  append_utf8(0x10000U + ((*first & 0x3FFU) << 10U) + (*second & 0x3FFU), string);
  return true;
}

std::optional<std::uint32_t> Reader::read_hex() {
  constexpr std::size_t kHexDigits = 4;
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), kHexDigits);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() < kHexDigits || error != std::errc() || end != digits.data() + kHexDigits)
    return std::nullopt;
  at_ += kHexDigits;
  return code;
}

bool Reader::read_digits() {
  const std::size_t begin = at_;
  while (is_digit(peek())) ++at_;
  return at_ > begin;
}

bool Reader::read_number(double& number) {
  const std::size_t begin = at_;
  if (peek() == '-') ++at_;
  const bool leading_zero = peek() == '0';
  const std::size_t digits = at_;
  if (!read_digits()) return fail("expected a digit");
  if (leading_zero && at_ > digits + 1) return fail("a number begins with 0");
  if (peek() == '.') {
    ++at_;
    if (!read_digits()) return fail("expected a digit");
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!read_digits()) return fail("expected a digit");
  }
  const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, number);
  if (error != std::errc() || end != text_.data() + at_) return fail("a number beyond a double");
  return true;
}

}  // namespace

JsonValue::JsonValue() = default;
JsonValue::JsonValue(JsonValue&&) noexcept = default;
JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
JsonValue::~JsonValue() = default;

std::variant<JsonValue, JsonError> read_json(std::string_view text, JsonLimits limits) {
  return Reader(text, limits).read();
}

}  // namespace kymo::KYMO_ABI::base
