#include <kymo/log/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {
namespace {

enum class EscapeStyle : std::uint8_t {
  text,    ///< `\n`, `\x1b`, `\u{202e}`
  quoted,  ///< as text, and `\"` and `\\`: for text between quotes
  json,    ///< RFC 8259; bytes that are not UTF-8 become U+FFFD
};

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

constexpr std::uint32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

/// The first character of a non-empty text; an invalid byte counts alone, as invalid.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = sequence_length(byte(0));
  if (length == 0 || length > text.size()) return {byte(0), 1, false};
  if (length == 1) return {byte(0), 1, true};
  std::uint32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {byte(0), 1, false};
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kFirstOfLength[length] || code > 0x10ffff || surrogate) return {byte(0), 1, false};
  return {code, length, true};
}

/// Controls (C0, DEL, C1), line and paragraph separators, and characters that reorder or hide text (Unicode
/// UTS 55).
bool is_dangerous(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  if (code < 0x200b) return code == 0x61c;
  return code <= 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xfeff;
}

std::string hex(std::uint32_t number, std::size_t min_digits) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  std::string text(digits.data(), end);
  if (text.size() < min_digits) text.insert(0, min_digits - text.size(), '0');
  return text;
}

std::string escape_dangerous(std::uint32_t code, EscapeStyle style) {
  switch (code) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (style == EscapeStyle::json) return "\\u" + hex(code, 4);
  return code < 0x80 ? "\\x" + hex(code, 2) : "\\u{" + hex(code, 4) + "}";
}

std::string escape(const Character& character, std::string_view bytes, EscapeStyle style) {
  if (!character.valid) {
    return style == EscapeStyle::json ? "\xef\xbf\xbd" : "\\x" + hex(character.code, 2);
  }
  if (is_dangerous(character.code)) return escape_dangerous(character.code, style);
  if (style != EscapeStyle::text && (bytes == "\"" || bytes == "\\")) return std::string("\\").append(bytes);
  return std::string(bytes);
}

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

/// Appends `text`, and escapes all that could end a line, move a cursor or reorder text.
/// Stops before `out` would pass `max_size` and then returns false; never cuts a character or an escape in
/// two.
bool append_escaped(std::string& out, std::string_view text, EscapeStyle style, std::size_t max_size) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain]) && out.size() + plain < max_size) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return true;
    const Character character = decode(text);
    const std::string escaped = escape(character, text.substr(0, character.length), style);
    if (out.size() + escaped.size() > max_size) return false;
    out += escaped;
    text.remove_prefix(character.length);
  }
  return true;
}

/// Reserved at a line's end, for the closing text after a cut field.
constexpr std::size_t kClosingBytes = 32;
constexpr std::size_t kMaxBytes = kMaxLineBytes - kClosingBytes;
/// A message leaves room for fields, which distinguish events with equal messages.
constexpr std::size_t kMaxMessageBytes = kMaxBytes / 2;

template <typename Number>
std::string number_text(Number number) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

void append_padded(std::string& out, unsigned number, std::size_t width) {
  const std::string digits = number_text(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

/// RFC 3339 in UTC with milliseconds. Written by hand: strftime depends on the locale, and GCC 12 lacks
/// std::format.
void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(time);
  const auto day = floor<days>(whole);
  const year_month_day date(day);
  const hh_mm_ss clock(whole - day);
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_padded(out += '-', static_cast<unsigned>(date.month()), 2);
  append_padded(out += '-', static_cast<unsigned>(date.day()), 2);
  append_padded(out += 'T', static_cast<unsigned>(clock.hours().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  append_padded(out += '.', static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
}

std::string_view padded_level(Level level) {
  switch (level) {
    case Level::debug: return "DEBUG ";
    case Level::info: return "INFO  ";
    case Level::warning: return "WARN  ";
    case Level::error: return "ERROR ";
    case Level::off: break;
  }
  return "OFF   ";
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"\\=") != std::string_view::npos;
}

bool append_quoted(std::string& out, std::string_view text, EscapeStyle style) {
  out += '"';
  const bool complete = append_escaped(out, text, style, kMaxBytes);
  out += '"';
  return complete;
}

/// Appends values in one of the two formats; each call returns whether the whole value fitted.
struct ValueWriter {
  std::string& out;
  Format format;

  bool operator()(std::string_view text) const {
    if (format == Format::json) return append_quoted(out, text, EscapeStyle::json);
    if (needs_quotes(text)) return append_quoted(out, text, EscapeStyle::quoted);
    return append_escaped(out, text, EscapeStyle::text, kMaxBytes);
  }
  bool operator()(bool truth) const { return append(truth ? "true" : "false"); }
  bool operator()(double number) const {
    // JSON has no literal for these (RFC 8259, section 6).
    if (format == Format::json && !std::isfinite(number)) return append('"' + number_text(number) + '"');
    return append(number_text(number));
  }
  bool operator()(std::int64_t number) const { return append(number_text(number)); }
  bool operator()(std::uint64_t number) const { return append(number_text(number)); }

 private:
  bool append(std::string_view text) const {
    out += text;
    return true;
  }
};

/// Longest key, quotes, and number: without this much room no field is begun.
constexpr std::size_t kMaxKeyBytes = 128;
constexpr std::size_t kMostSuffixBytes = 8;

/// The keys of a line's JSON object, each once. A repeated key gets a number: a user's `level` becomes
/// `level_2`, because readers take the last of two equal keys as the event's level.
class UniqueKeys final {
 public:
  /// Makes the key in `line` from `begin` on unique.
  void make_unique(std::string& line, std::size_t begin) {
    const std::string base = line.substr(begin);
    std::string key = base;
    while (!keys_.try_emplace(key, 2).second) key = base + "_" + number_text(keys_[base]++);
    line.replace(begin, std::string::npos, key);
  }

 private:
  /// With the number for the next repetition.
  std::map<std::string, unsigned, std::less<>> keys_ = {
      {"time", 2}, {"level", 2}, {"message", 2}, {"cut", 2}};
};

bool append_json_key(std::string& line, std::string_view key, UniqueKeys& keys) {
  line += ",\"";
  const std::size_t begin = line.size();
  const bool complete = append_escaped(line, key, EscapeStyle::json, begin + kMaxKeyBytes - kMostSuffixBytes);
  keys.make_unique(line, begin);
  line += "\":";
  return complete;
}

bool append_text_key(std::string& line, std::string_view key) {
  const bool quoted = needs_quotes(key);
  line += quoted ? " \"" : " ";
  const bool complete =
      append_escaped(line, key, quoted ? EscapeStyle::quoted : EscapeStyle::text, line.size() + kMaxKeyBytes);
  line += quoted ? "\"=" : "=";
  return complete;
}

/// Appends the fields that fit, each with its key by `append_key(line, key)`; returns whether all fitted.
template <class AppendKey>
bool append_fields(std::string& line, const Record& record, Format format, AppendKey append_key) {
  for (const Field& field : record.fields) {
    if (line.size() + kMaxKeyBytes + 32 > kMaxBytes) return false;
    const bool key_complete = append_key(line, field.key);
    if (!std::visit(ValueWriter{line, format}, field.value.get()) || !key_complete) return false;
  }
  return true;
}

void append_event(std::string& line, const Record& record) {
  bool complete = append_escaped(line, record.message, EscapeStyle::text, kMaxMessageBytes);
  complete = append_fields(line, record, Format::text, append_text_key) && complete;
  if (!complete) line += " (cut)";
}

std::string text_line(const Record& record) {
  std::string line;
  append_time(line, record.time);
  line += ' ';
  line += padded_level(record.level);
  append_event(line, record);
  line += '\n';
  return line;
}

std::string json_line(const Record& record) {
  std::string line = "{\"time\":\"";
  append_time(line, record.time);
  line += "\",\"level\":\"";
  line += level_name(record.level);
  line += "\",\"message\":\"";
  bool complete = append_escaped(line, record.message, EscapeStyle::json, kMaxMessageBytes);
  line += '"';
  UniqueKeys keys;
  const auto append_key = [&keys](std::string& out, std::string_view key) {
    return append_json_key(out, key, keys);
  };
  complete = append_fields(line, record, Format::json, append_key) && complete;
  line += complete ? "}\n" : ",\"cut\":true}\n";
  return line;
}

}  // namespace

std::string format_line(const Record& record, Format format) {
  return format == Format::json ? json_line(record) : text_line(record);
}

std::string format_event(const Record& record) {
  std::string text;
  append_event(text, record);
  return text;
}

std::string one_line(std::string_view text) {
  std::string out;
  append_escaped(out, text, EscapeStyle::text, std::numeric_limits<std::size_t>::max());
  return out;
}

}  // namespace kymo::KYMO_ABI::log
