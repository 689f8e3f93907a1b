#include <kymo/query/quoting.h>

#include <algorithm>
#include <cstdint>

#include <kymo/base/ascii.h>
#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::string_view kLetters = "abfnrtv\\";
constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";

std::uint32_t digit_of(char c) {
  if (base::is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  if (base::is_hex_digit(c)) return static_cast<std::uint32_t>(base::to_lower(c) - 'a' + 10);
  return 16;
}

void append_character(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6U)), byte(0x80 | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12U)), byte(0x80 | ((code >> 6U) & 0x3FU)), byte(0x80 | (code & 0x3FU));
  } else {
    byte(0xF0 | (code >> 18U)), byte(0x80 | ((code >> 12U) & 0x3FU));
    byte(0x80 | ((code >> 6U) & 0x3FU)), byte(0x80 | (code & 0x3FU));
  }
}

/// Reads the escapes of one literal.
class Unescaper {
 public:
  Unescaper(std::string_view rest, char quote) : rest_(rest), quote_(quote) {}

  [[nodiscard]] std::optional<std::string> run(std::string_view& fault) {
    while (!rest_.empty() && fault_.empty()) {
      const char c = take();
      if (c == '\n') fault_ = "has a line break; write \\n, or use backquotes";
      if (c == quote_) fault_ = "has a quote in the middle; write a backslash before the quote";
      if (c == '\\') {
        escape();
      } else {
        out_ += c;
      }
    }
    fault = fault_;
    return fault_.empty() ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void escape() {
    if (rest_.empty()) {
      fault_ = "ends within an escape";
      return;
    }
    const char c = take();
    if (const std::size_t at = kLetters.find(c); at != std::string_view::npos) {
      out_ += kMeanings[at];
    } else if (c == quote_) {
      out_ += c;
    } else if (c == 'x') {
      number(2, 16, true);
    } else if (c == 'u') {
      number(4, 16, false);
    } else if (c == 'U') {
      number(8, 16, false);
    } else if (c >= '0' && c <= '7') {
      rest_ = std::string_view(rest_.data() - 1, rest_.size() + 1);
      number(3, 8, true);
    } else {
      fault_ = "has an unknown escape; use \\\\ for a backslash";
    }
  }

  void number(std::size_t digits, std::uint32_t base, bool is_byte) {
    const std::string_view text = rest_.substr(0, digits);
    std::uint32_t code = 0;
    for (const char c : text) {
      const std::uint32_t digit = digit_of(c);
      if (digit >= base) {
        fault_ = "has an escape with a wrong digit";
        return;
      }
      code = code * base + digit;
    }
    if (text.size() < digits) {
      fault_ = "ends within an escape";
      return;
    }
    rest_.remove_prefix(digits);
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    if (code > (is_byte ? 0xFFU : 0x10FFFFU) || is_surrogate) {
      fault_ = "has an escape that is no character";
    } else if (is_byte) {
      out_ += static_cast<char>(code);
    } else {
      append_character(out_, code);
    }
  }

  std::string_view rest_;
  char quote_;
  std::string out_;
  std::string_view fault_;
};

bool is_plain(std::string_view name, bool takes_colon) noexcept {
  const auto fits = [&](char c) { return base::is_alphanumeric(c) || c == '_' || (takes_colon && c == ':'); };
  return !name.empty() && !base::is_digit(name.front()) && std::ranges::all_of(name, fits);
}

void append_byte(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
}

}  // namespace

std::optional<std::string> unquote(std::string_view literal, std::string_view& fault) {
  if (literal.size() < 2 || literal.front() != literal.back()) {
    fault = "has no end; add the closing quote";
    return std::nullopt;
  }
  const char quote = literal.front();
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  if (quote == '`') return std::string(inside);
  return Unescaper(inside, quote).run(fault);
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const char c = text.front();
    const std::size_t at = kMeanings.find(c);
    if (c == '"') {
      out += "\\\"";
    } else if (length == 1 && at != std::string_view::npos) {
      out += {'\\', kLetters[at]};
    } else if (length == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      append_byte(out, c);
    } else if (text.starts_with(base::kReplacementCharacter)) {
      out += "\\ufffd";  // Prometheus takes this character for bytes that are not UTF-8
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

std::string label_name_text(std::string_view name) {
  return is_plain_label_name(name) ? std::string(name) : quote(name);
}

bool is_plain_label_name(std::string_view name) noexcept { return is_plain(name, false); }

bool is_plain_metric_name(std::string_view name) noexcept { return is_plain(name, true); }

}  // namespace kymo::KYMO_ABI::query
