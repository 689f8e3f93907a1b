#include "expression_replacer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <re2/re2.h>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

#include "go_printer.h"
#include "template_functions.h"

namespace kymo::KYMO_ABI::alert {
namespace {

/// RE2 refuses an expression whose program needs more.
constexpr std::int64_t kMostExpressionBytes = std::int64_t{1} << 20U;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options options_of_templates() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostExpressionBytes);
  return options;
}

using Groups = std::span<const re2::StringPiece>;

}  // namespace

class Expression::Pattern final {
 public:
  explicit Pattern(const std::string& expression) : re2(expression, options_of_templates()) {}

  /// Appends the replacement with its groups. Go takes an unknown group for an empty one.
  void expand(std::string_view replacement, Groups groups, std::string& out) const {
    while (!replacement.empty()) {
      const std::size_t mark = std::min(replacement.find('$'), replacement.size());
      out += replacement.substr(0, mark);
      replacement.remove_prefix(mark);
      if (replacement.empty()) return;
      replacement.remove_prefix(1);
      if (replacement.starts_with('$')) {
        out += '$';
        replacement.remove_prefix(1);
        continue;
      }
      const auto name = take_name(replacement);
      if (name) {
        append_group(*name, groups, out);
      } else {
        out += '$';
      }
    }
  }

  RE2 re2;

 private:
  static std::optional<std::string_view> take_name(std::string_view& rest) {
    const bool has_brace = rest.starts_with('{');
    std::string_view name = rest.substr(has_brace ? 1 : 0);
    const auto end = std::ranges::find_if(name, [](char c) { return !base::is_alphanumeric(c) && c != '_'; });
    name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    const std::string_view behind = rest.substr(name.size() + (has_brace ? 1 : 0));
    if (name.empty() || (has_brace && !behind.starts_with('}'))) return std::nullopt;
    rest = behind.substr(has_brace ? 1 : 0);
    return name;
  }

  void append_group(std::string_view name, Groups groups, std::string& out) const {
    std::optional<std::size_t> at;
    if (std::ranges::all_of(name, [](char c) { return base::is_digit(c); })) {
      at = base::parse_number<std::size_t>(name);
    } else if (const auto found = re2.NamedCapturingGroups().find(std::string(name));
               found != re2.NamedCapturingGroups().end()) {
      at = static_cast<std::size_t>(found->second);
    }
    if (at && *at < groups.size() && groups[*at].data() != nullptr)
      out.append(groups[*at].data(), groups[*at].size());
  }
};

Expression::Expression(const std::string& expression) : pattern_(std::make_unique<Pattern>(expression)) {
  if (!pattern_->re2.ok())
    throw FunctionError("regular expression " + query::quote(expression) + ": " + pattern_->re2.error() +
                        "; expected the syntax of RE2");
}

Expression::~Expression() = default;

bool Expression::matches(std::string_view text) const {
  return RE2::PartialMatch(piece(text), pattern_->re2);
}

// Go's rule for empty matches: none right behind the match before, and the next search begins a character on.
std::string Expression::replace_all(std::string_view text, std::string_view replacement,
                                    std::size_t limit) const {
  const RE2& re2 = pattern_->re2;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(re2.NumberOfCapturingGroups()) + 1);
  std::string out;
  std::size_t copied = 0;
  for (std::size_t from = 0; from <= text.size();) {
    if (!re2.Match(piece(text), from, text.size(), RE2::UNANCHORED, groups.data(),
                   static_cast<int>(groups.size())))
      break;
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = begin + groups[0].size();
    out += text.substr(copied, begin - copied);
    if (end > copied || begin == 0) pattern_->expand(replacement, groups, out);
    if (out.size() > limit) throw TextTooLong();
    copied = end;
    const std::size_t width =
        from < text.size() ? std::max<std::size_t>(base::utf8_length(text.substr(from)), 1) : 0;
    from = from + width > end ? from + width : from + 1 > end ? from + 1 : end;
  }
  return out + std::string(text.substr(copied));
}

}  // namespace kymo::KYMO_ABI::alert
