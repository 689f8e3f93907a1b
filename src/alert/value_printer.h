#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "template_value.h"

namespace kymo::KYMO_ABI::alert {

/// Flags, width and precision of a directive of fmt.Printf().
struct FormatFlags {
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  bool plus_v = false;   ///< `%+v`
  bool sharp_v = false;  ///< `%#v`
  std::optional<std::size_t> width;
  std::optional<std::size_t> precision;
};

/// Writes values as fmt.Fprint() does. Threads: as of std::string. Errors: throws TextTooLong past `limit`.
class Printer final {
 public:
  explicit Printer(std::size_t limit) : limit_(limit) {}

  FormatFlags flags;

  [[nodiscard]] std::string take() { return std::move(out_); }

  void write(std::string_view text);

  /// `verb` is UTF-8.
  void print(const Value& value, std::string_view verb);

  void bad_verb(const Value& value, std::string_view verb);

 private:
  bool method(const Value& value, std::string_view verb);

  void plain(const Value& value, std::string_view verb, std::size_t depth);

  void inner(const Value& value, std::string_view verb, std::size_t depth);

  // ---- maps, structures and lists ----

  void composite(const Value& value, std::string_view verb, std::size_t depth);

  void begin_map(const Value& value);

  void separate(std::size_t count);

  void entry(std::size_t count, std::string_view key, const Value& value, std::string_view verb,
             std::size_t depth);

  void member(std::size_t count, std::string_view name, const Value& value, std::string_view verb,
              std::size_t depth);

  // Go writes the addresses of the samples, which say nothing.
  void list(const ResultSlice& slice, std::string_view verb, std::size_t depth);

  // ---- padding ----

  void fill(std::size_t count, char with);

  void pad(std::string_view text) { pad(text, flags.zero ? '0' : ' '); }

  void pad(std::string_view text, char with);

  // ---- texts ----

  [[nodiscard]] std::string_view cut(std::string_view text) const;

  void text(const std::string& said) { pad(cut(said)); }

  void string(const std::string& said, std::string_view verb, const Value& value);

  void quoted(std::string_view said);

  void hex_bytes(std::string_view said, std::string_view digits);

  // ---- whole numbers ----

  void integer(const Whole& whole, std::string_view verb, const Value& value);

  void bad_verb_of_pointer(const Whole& whole, std::string_view verb, const Value& value);

  void digits(std::uint64_t code, unsigned base, bool is_signed, char verb);

  void unicode(std::uint64_t code);

  // ---- floats ----

  void real(double number, std::string_view verb, const Value& value);

  void complex(const Complex& number, std::string_view verb, const Value& value);

  void float_text(double number, char verb, int precision);

  /// `%#g`: always a point, and no zeros taken off the end.
  static std::string with_point(const std::string& text, char verb, int precision);

  std::string out_;
  std::size_t limit_;
  bool is_erring_ = false;
};

}  // namespace kymo::KYMO_ABI::alert
