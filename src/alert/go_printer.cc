#include "go_printer.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include <kymo/base/ascii.h>

#include "go_text.h"
#include "value_printer.h"

namespace kymo::KYMO_ABI::alert {
namespace {

/// Wider fields and more digits are a fault of the format, as in Go.
constexpr std::int64_t kMostWidth = 1'000'000;

/// Reads one format. Its numbers of arguments are those of Go, such as `%[2]*.[1]*f`.
class Formatter final {
 public:
  Formatter(std::string_view format, std::span<const Value> values, std::size_t limit)
      : format_(format), values_(values), printer_(limit) {}

  [[nodiscard]] std::string run() && {
    while (at_ < format_.size()) {
      const std::size_t mark = std::min(format_.find('%', at_), format_.size());
      printer_.write(format_.substr(at_, mark - at_));
      at_ = mark;
      if (at_ == format_.size()) break;
      ++at_;
      directive();
    }
    printer_.flags = {};
    if (!is_reordered_ && next_ < values_.size()) extra();
    return printer_.take();
  }

 private:
  void directive() {
    printer_.flags = {};
    is_good_ = true;
    is_behind_index_ = false;
    read_flags();
    read_index();
    read_width();
    if (at_ + 1 < format_.size() && format_[at_] == '.') read_precision();
    if (!is_behind_index_) read_index();
    if (at_ >= format_.size()) {
      printer_.write("%!(NOVERB)");
      return;
    }
    std::size_t length = 1;
    const std::uint32_t code = go_decode(format_.substr(at_), length);
    const std::string verb = go_character(code);
    at_ += length;
    print(verb);
  }

  void print(const std::string& verb) {
    if (verb == "%") {
      printer_.write("%");
    } else if (!is_good_) {
      printer_.write("%!" + verb + "(BADINDEX)");
    } else if (next_ >= values_.size()) {
      printer_.write("%!" + verb + "(MISSING)");
    } else {
      FormatFlags& flags = printer_.flags;
      if (verb == "v") {
        flags.sharp_v = std::exchange(flags.sharp, false);
        flags.plus_v = std::exchange(flags.plus, false);
      }
      const Value& value = values_[next_++];
      verb == "w" ? printer_.bad_verb(value, verb) : printer_.print(value, verb);
    }
  }

  void read_flags() {
    FormatFlags& flags = printer_.flags;
    for (; at_ < format_.size(); ++at_) {
      switch (format_[at_]) {
        case '#': flags.sharp = true; break;
        case '0': flags.zero = !flags.minus; break;
        case '+': flags.plus = true; break;
        case '-':
          flags.minus = true;
          flags.zero = false;
          break;
        case ' ': flags.space = true; break;
        default: return;
      }
    }
  }

  /// Nothing where there are no digits. A number that is too large ends the format, as in Go.
  std::optional<std::size_t> read_number() {
    std::int64_t number = 0;
    const std::size_t begin = at_;
    for (; at_ < format_.size() && base::is_digit(format_[at_]); ++at_) {
      if (number > kMostWidth) {
        at_ = format_.size();
        return std::nullopt;
      }
      number = number * 10 + (format_[at_] - '0');
    }
    return at_ == begin ? std::nullopt : std::optional(static_cast<std::size_t>(number));
  }

  /// `[n]`.
  void read_index() {
    is_behind_index_ = false;
    if (at_ >= format_.size() || format_[at_] != '[') return;
    is_reordered_ = true;
    const std::size_t begin = at_;
    const std::size_t end = format_.find(']', begin);
    if (format_.size() - begin < 3 || end == std::string_view::npos) {
      is_good_ = false;
      at_ = begin + 1;
      return;
    }
    at_ = begin + 1;
    const auto number = read_number();
    const bool is_number = number && at_ == end;
    at_ = end + 1;
    is_behind_index_ = is_number;
    if (is_number && *number >= 1 && *number <= values_.size()) {
      next_ = *number - 1;
    } else {
      is_good_ = false;
    }
  }

  /// The value of `*`; nothing where it is no whole number of a fitting size.
  std::optional<std::int64_t> read_star() {
    ++at_;
    is_behind_index_ = false;
    if (next_ >= values_.size()) return std::nullopt;
    const auto* whole = values_[next_++].get<Whole>();
    if (whole == nullptr || whole->is_pointer || whole->value > kMostWidth || whole->value < -kMostWidth)
      return std::nullopt;
    return whole->value;
  }

  void read_width() {
    FormatFlags& flags = printer_.flags;
    if (at_ >= format_.size() || format_[at_] != '*') {
      flags.width = read_number();
      if (is_behind_index_ && flags.width) is_good_ = false;
      return;
    }
    const auto width = read_star();
    if (!width) {
      printer_.write("%!(BADWIDTH)");
      return;
    }
    flags.width = static_cast<std::size_t>(std::abs(*width));
    if (*width >= 0) return;
    flags.minus = true;
    flags.zero = false;
  }

  void read_precision() {
    ++at_;
    if (is_behind_index_) is_good_ = false;
    read_index();
    FormatFlags& flags = printer_.flags;
    if (at_ >= format_.size() || format_[at_] != '*') {
      flags.precision = read_number().value_or(0);
      return;
    }
    const auto precision = read_star();
    if (!precision || *precision < 0) {
      printer_.write("%!(BADPREC)");
    } else {
      flags.precision = static_cast<std::size_t>(*precision);
    }
  }

  void extra() {
    printer_.write("%!(EXTRA ");
    for (std::size_t at = next_; at < values_.size(); ++at) {
      if (at > next_) printer_.write(", ");
      if (!values_[at].empty()) {
        printer_.write(type_name(values_[at]));
        printer_.write("=");
      }
      printer_.print(values_[at], "v");
    }
    printer_.write(")");
  }

  std::string_view format_;
  std::span<const Value> values_;
  Printer printer_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool is_reordered_ = false;
  bool is_good_ = true;
  bool is_behind_index_ = false;
};

}  // namespace

std::string go_print(std::span<const Value> values, std::size_t limit) {
  Printer printer(limit);
  bool was_text = true;
  for (std::size_t at = 0; at < values.size(); ++at) {
    const bool is_text = values[at].get<Text>() != nullptr;
    if (at > 0 && !is_text && !was_text) printer.write(" ");
    printer.print(values[at], "v");
    was_text = is_text;
  }
  return printer.take();
}

std::string go_println(std::span<const Value> values, std::size_t limit) {
  Printer printer(limit);
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (at > 0) printer.write(" ");
    printer.print(values[at], "v");
  }
  printer.write("\n");
  return printer.take();
}

std::string go_printf(std::string_view format, std::span<const Value> values, std::size_t limit) {
  return Formatter(format, values, limit).run();
}

}  // namespace kymo::KYMO_ABI::alert
