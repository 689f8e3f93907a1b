#include "value_printer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <kymo/base/utf8.h>

#include "go_printer.h"
#include "go_text.h"
#include "go_time.h"

namespace kymo::KYMO_ABI::alert {
namespace {

bool one_of(char c, std::string_view any) { return any.find(c) != std::string_view::npos; }

/// The text of the value's method String(); nothing where the type has none.
std::optional<std::string> string_method(const Value& value) {
  if (const auto* instant = value.get<Instant>()) return time_text(*instant);
  const auto* whole = value.get<Whole>();
  if (whole == nullptr) return std::nullopt;
  switch (whole->type) {
    case WholeType::month: return month_text(whole->value);
    case WholeType::weekday: return weekday_text(whole->value);
    case WholeType::duration: return duration_text(whole->value);
    default: return std::nullopt;
  }
}

}  // namespace

void Printer::write(std::string_view text) {
  if (text.size() > limit_ - out_.size()) throw TextTooLong();
  out_ += text;
}

void Printer::print(const Value& value, std::string_view verb) {
  if (value.empty()) {
    verb == "T" || verb == "v" ? pad("<nil>") : bad_verb(value, verb);
  } else if (verb == "T") {
    text(std::string(type_name(value)));
  } else if (verb == "p") {
    bad_verb(value, verb);  // an address would differ from run to run
  } else if (!method(value, verb)) {
    plain(value, verb, 0);
  }
}

void Printer::bad_verb(const Value& value, std::string_view verb) {
  is_erring_ = true;
  write("%!");
  write(verb);
  write("(");
  if (value.empty()) {
    write("<nil>");
  } else {
    write(type_name(value));
    write("=");
    print(value, "v");
  }
  write(")");
  is_erring_ = false;
}

bool Printer::method(const Value& value, std::string_view verb) {
  if (is_erring_ || flags.sharp_v || verb.size() != 1 || !one_of(verb.front(), "vsxXq")) return false;
  const auto said = string_method(value);
  if (said) string(*said, verb, value);
  return said.has_value();
}

void Printer::plain(const Value& value, std::string_view verb, std::size_t depth) {
  if (const auto* truth = value.get<bool>()) {
    verb == "t" || verb == "v" ? pad(*truth ? "true" : "false") : bad_verb(value, verb);
  } else if (const auto* whole = value.get<Whole>()) {
    integer(*whole, verb, value);
  } else if (const auto* number = value.get<double>()) {
    real(*number, verb, value);
  } else if (const auto* number_pair = value.get<Complex>()) {
    complex(*number_pair, verb, value);
  } else if (const auto* said = value.get<Text>()) {
    string(*said->text, verb, value);
  } else if (value.empty()) {
    verb == "v" ? write("<nil>") : bad_verb(value, verb);
  } else {
    composite(value, verb, depth);
  }
}

void Printer::inner(const Value& value, std::string_view verb, std::size_t depth) {
  if (!method(value, verb)) plain(value, verb, depth + 1);
}

void Printer::composite(const Value& value, std::string_view verb, std::size_t depth) {
  if (const auto* labels = value.get<LabelMap>()) {
    begin_map(value);
    std::size_t count = 0;
    for (const auto& label : **labels)
      entry(count++, label.key, text_value(std::string(label.value)), verb, depth);
    write(flags.sharp_v ? "}" : "]");
  } else if (const auto* map = value.get<std::shared_ptr<const ArgumentMap>>()) {
    begin_map(value);
    std::size_t count = 0;
    for (const auto& [key, item] : (*map)->values) entry(count++, key, item, verb, depth);
    write(flags.sharp_v ? "}" : "]");
  } else if (const auto* sample = value.get<SamplePointer>()) {
    if (depth < 2) write("&");
    write(flags.sharp_v ? "template.sample{" : "{");
    member(0, "Labels", label_map((*sample)->labels), verb, depth);
    member(1, "Value", {(*sample)->value}, verb, depth);
    write("}");
  } else if (const auto* slice = value.get<ResultSlice>()) {
    list(*slice, verb, depth);
  } else if (const auto* root = value.get<RootData>()) {
    const TemplateContext& data = *root->context;
    if (flags.sharp_v) write(type_name(value));
    write("{");
    member(0, "Labels", label_map(data.labels), verb, depth);
    member(1, "ExternalLabels", label_map(data.external_labels), verb, depth);
    member(2, "ExternalURL", text_value(data.external_url), verb, depth);
    member(3, "Value", {data.value}, verb, depth);
    write("}");
  } else if (const auto* instant = value.get<Instant>()) {
    write(time_text(*instant));
  }
}

void Printer::begin_map(const Value& value) {
  write(flags.sharp_v ? type_name(value) : std::string_view("map"));
  write(flags.sharp_v ? "{" : "[");
}

void Printer::separate(std::size_t count) {
  if (count != 0) write(flags.sharp_v ? ", " : " ");
}

void Printer::entry(std::size_t count, std::string_view key, const Value& value, std::string_view verb,
                    std::size_t depth) {
  separate(count);
  inner(text_value(std::string(key)), verb, depth);
  write(":");
  inner(value, verb, depth);
}

void Printer::member(std::size_t count, std::string_view name, const Value& value, std::string_view verb,
                     std::size_t depth) {
  separate(count);
  if (flags.plus_v || flags.sharp_v) {
    write(name);
    write(":");
  }
  inner(value, verb, depth);
}

void Printer::list(const ResultSlice& slice, std::string_view verb, std::size_t depth) {
  if (flags.sharp_v) write("template.queryResult");
  write(flags.sharp_v ? "{" : "[");
  for (std::size_t at = slice.begin; at < slice.end; ++at) {
    separate(at - slice.begin);
    inner({(*slice.samples)[at]}, verb, depth + 1);
  }
  write(flags.sharp_v ? "}" : "]");
}

void Printer::fill(std::size_t count, char with) {
  if (count > limit_ - out_.size()) throw TextTooLong();
  out_.append(count, with);
}

void Printer::pad(std::string_view text, char with) {
  std::size_t size = 0;
  for (std::string_view rest = text; !rest.empty(); ++size)
    rest.remove_prefix(std::max<std::size_t>(base::utf8_length(rest), 1));
  const std::size_t missing = flags.width.value_or(0) > size ? *flags.width - size : 0;
  if (!flags.minus) fill(missing, with);
  write(text);
  if (flags.minus) fill(missing, with);
}

std::string_view Printer::cut(std::string_view text) const {
  if (!flags.precision) return text;
  std::size_t at = 0;
  for (std::size_t left = *flags.precision; left > 0 && at < text.size(); --left)
    at += std::max<std::size_t>(base::utf8_length(text.substr(at)), 1);
  return text.substr(0, at);
}

void Printer::string(const std::string& said, std::string_view verb, const Value& value) {
  if (verb == "s" || (verb == "v" && !flags.sharp_v)) {
    text(said);
  } else if (verb == "q" || verb == "v") {
    quoted(cut(said));
  } else if (verb == "x" || verb == "X") {
    hex_bytes(said, verb == "x" ? "0123456789abcdefx" : "0123456789ABCDEFX");
  } else {
    bad_verb(value, verb);
  }
}

void Printer::quoted(std::string_view said) {
  const bool can_backquote = base::is_utf8(said) && said.find('`') == std::string_view::npos &&
                             std::ranges::none_of(said, [](char c) {
                               return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7F';
                             });
  if (flags.sharp && can_backquote) {
    pad('`' + std::string(said) + '`');
  } else {
    pad(go_quote(said, flags.plus));
  }
}

void Printer::hex_bytes(std::string_view said, std::string_view digits) {
  if (flags.precision) said = said.substr(0, *flags.precision);
  std::string hex;
  for (std::size_t at = 0; at < said.size(); ++at) {
    if (flags.space && at > 0) hex += ' ';
    if (flags.sharp && (flags.space || at == 0)) hex += {'0', digits[16]};
    const auto byte = static_cast<unsigned char>(said[at]);
    hex += {digits[byte >> 4U], digits[byte & 15U]};
  }
  pad(hex);
}

void Printer::integer(const Whole& whole, std::string_view verb, const Value& value) {
  const bool is_signed = whole.type != WholeType::byte;
  const auto code = static_cast<std::uint64_t>(whole.value);
  if (verb.size() != 1 || whole.is_pointer) {
    bad_verb_of_pointer(whole, verb, value);
    return;
  }
  switch (verb.front()) {
    case 'v':
      if (flags.sharp_v && !is_signed) {
        const bool sharp = std::exchange(flags.sharp, true);
        digits(code, 16, false, 'v');
        flags.sharp = sharp;
        return;
      }
      [[fallthrough]];
    case 'd': digits(code, 10, is_signed, 'd'); return;
    case 'b': digits(code, 2, is_signed, 'b'); return;
    case 'o':
    case 'O': digits(code, 8, is_signed, verb.front()); return;
    case 'x':
    case 'X': digits(code, 16, is_signed, verb.front()); return;
    case 'c': pad(go_character(code)); return;
    case 'q': pad(go_quote(go_character(code), flags.plus, '\'')); return;
    case 'U': unicode(code); return;
    default: bad_verb(value, verb);
  }
}

void Printer::bad_verb_of_pointer(const Whole& whole, std::string_view verb, const Value& value) {
  if (is_erring_ && whole.is_pointer) {
    write(duration_text(whole.value));
  } else {
    bad_verb(value, verb);
  }
}

void Printer::digits(std::uint64_t code, unsigned base, bool is_signed, char verb) {
  const bool is_negative = is_signed && static_cast<std::int64_t>(code) < 0;
  if (is_negative) code = ~code + 1;
  if (flags.precision == 0U && code == 0) {
    fill(flags.width.value_or(0), ' ');
    return;
  }
  std::size_t least = flags.precision.value_or(0);
  if (!flags.precision && flags.zero && flags.width) {
    least = *flags.width;
    if (least > 0 && (is_negative || flags.plus || flags.space)) --least;
  }
  if (least > limit_) throw TextTooLong();
  const std::string_view symbols = verb == 'X' ? "0123456789ABCDEFX" : "0123456789abcdefx";
  std::string text;
  do {
    text += symbols[code % base];
    code /= base;
  } while (code != 0);
  if (text.size() < least) text.append(least - text.size(), '0');
  if (flags.sharp && base == 2) text += "b0";
  if (flags.sharp && base == 8 && text.back() != '0') text += '0';
  if (flags.sharp && base == 16) text += {symbols[16], '0'};
  if (verb == 'O') text += "o0";
  if (is_negative || flags.plus || flags.space) text += is_negative ? '-' : flags.plus ? '+' : ' ';
  std::ranges::reverse(text);
  pad(text, ' ');
}

void Printer::unicode(std::uint64_t code) {
  std::string text;
  for (std::uint64_t rest = code; rest != 0; rest /= 16) text += "0123456789ABCDEF"[rest % 16];
  const std::size_t least = std::max<std::size_t>(flags.precision.value_or(4), 4);
  if (least > limit_) throw TextTooLong();
  if (text.size() < least) text.append(least - text.size(), '0');
  text += "+U";
  std::ranges::reverse(text);
  if (flags.sharp && code <= 0x10FFFF && go_prints(static_cast<std::uint32_t>(code)))
    text += " '" + go_character(code) + '\'';
  pad(text, ' ');
}

void Printer::real(double number, std::string_view verb, const Value& value) {
  if (verb.size() != 1) {
    bad_verb(value, verb);
  } else if (const char c = verb.front(); one_of(c, "vbgGxX")) {
    float_text(number, c == 'v' ? 'g' : c, -1);
  } else if (one_of(c, "feEF")) {
    float_text(number, c == 'F' ? 'f' : c, 6);
  } else {
    bad_verb(value, verb);
  }
}

void Printer::complex(const Complex& number, std::string_view verb, const Value& value) {
  if (verb.size() != 1 || !one_of(verb.front(), "vbgGxXfFeE")) {
    bad_verb(value, verb);
    return;
  }
  write("(");
  real(number.real, verb, value);
  const bool plus = std::exchange(flags.plus, true);
  real(number.imaginary, verb, value);
  flags.plus = plus;
  write("i)");
}

void Printer::float_text(double number, char verb, int precision) {
  if (flags.precision) precision = static_cast<int>(*flags.precision);
  if (precision >= 0 && static_cast<std::size_t>(precision) > limit_) throw TextTooLong();
  std::string text = go_float(number, verb, precision);
  if (text.front() != '-') text.insert(0, 1, '+');
  const bool has_plus = text.front() == '+';
  if (flags.space && has_plus && !flags.plus) text.front() = ' ';
  if (text[1] == 'I' || text[1] == 'N') {
    const bool hides_sign = has_plus && !flags.plus && (text[1] == 'N' ? !flags.space : text.front() == '+');
    pad(hides_sign ? std::string_view(text).substr(1) : std::string_view(text), ' ');
    return;
  }
  if (flags.sharp && verb != 'b') text = with_point(text, verb, precision);
  if (!flags.plus && text.front() == '+') {
    pad(std::string_view(text).substr(1));
  } else if (flags.zero && flags.width && *flags.width > text.size()) {
    write(text.substr(0, 1));
    fill(*flags.width - text.size(), '0');
    write(std::string_view(text).substr(1));
  } else {
    pad(text);
  }
}

std::string Printer::with_point(const std::string& text, char verb, int precision) {
  const bool is_hex = verb == 'x' || verb == 'X';
  int missing = 0;
  if (one_of(verb, "gGx")) missing = precision == -1 ? 6 : precision;
  const std::size_t end = std::min(text.find_first_of(is_hex ? "pP" : "eE"), text.size());
  bool has_point = false;
  bool has_digit = false;
  for (const char c : text.substr(1, end - 1)) {
    if (c == '.') {
      has_point = true;
      continue;
    }
    has_digit = has_digit || c != '0';
    if (has_digit) --missing;
  }
  std::string out = text.substr(0, end);
  if (!has_point) {
    if (out.size() == 2 && out[1] == '0') --missing;
    out += '.';
  }
  if (missing > 0) out.append(static_cast<std::size_t>(missing), '0');
  return out + text.substr(end);
}

}  // namespace kymo::KYMO_ABI::alert
