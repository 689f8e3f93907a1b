#include "pattern.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <re2/re2.h>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::query {
namespace {

/// RE2 refuses an expression whose program needs more. A matcher that fills it falls back to a slower method.
constexpr std::int64_t kMaxPatternBytes = std::int64_t{8} << 20U;

RE2::Options options_of_matchers(bool captures = false) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_never_capture(!captures);
  options.set_max_mem(kMaxPatternBytes);
  return options;
}

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

class Re2Pattern final : public series::Pattern {
 public:
  explicit Re2Pattern(std::string_view expression)
      : expression_(piece_of(expression), options_of_matchers()) {}

  [[nodiscard]] bool matches(std::string_view text) const noexcept override {
    return RE2::FullMatch(piece_of(text), expression_);
  }
  [[nodiscard]] const std::string& fault() const noexcept { return expression_.error(); }

 private:
  RE2 expression_;
};

class Re2Replacer final : public LabelReplacer {
 public:
  explicit Re2Replacer(std::string_view expression)
      : expression_(piece_of(expression), options_of_matchers(true)) {}

  [[nodiscard]] const std::string& fault() const noexcept { return expression_.error(); }

  [[nodiscard]] std::optional<std::string> expand(std::string_view text,
                                                  std::string_view replacement) const override {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression_.NumberOfCapturingGroups()) + 1);
    const bool matches = expression_.Match(piece_of(text), 0, text.size(), RE2::ANCHOR_BOTH, groups.data(),
                                           static_cast<int>(groups.size()));
    if (!matches) return std::nullopt;
    std::string expanded;
    while (!replacement.empty()) {
      const std::size_t mark = replacement.find('$');
      expanded += replacement.substr(0, mark);
      replacement.remove_prefix(std::min(mark, replacement.size()));
      if (!replacement.empty()) expanded += take_reference(replacement, groups);
    }
    return expanded;
  }

 private:
  /// Takes `$1`, `${name}` or `$$` off the front. Any other `$` stands for itself.
  std::string_view take_reference(std::string_view& rest, std::span<const re2::StringPiece> groups) const {
    const std::string_view mark = rest.substr(0, 1);
    rest.remove_prefix(1);
    if (rest.starts_with('$')) {
      rest.remove_prefix(1);
      return mark;
    }
    std::string_view name = rest;
    const bool has_braces = name.starts_with('{');
    if (has_braces) name.remove_prefix(1);
    const auto end = std::ranges::find_if(name, [](char c) { return !base::is_alphanumeric(c) && c != '_'; });
    name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    const std::string_view behind = rest.substr(name.size() + (has_braces ? 1 : 0));
    if (name.empty() || (has_braces && !behind.starts_with('}'))) return mark;
    rest = behind.substr(has_braces ? 1 : 0);
    const auto found = group_of(name);
    if (!found || *found >= groups.size() || groups[*found].data() == nullptr) return {};
    return {groups[*found].data(), groups[*found].size()};
  }

  [[nodiscard]] std::optional<std::size_t> group_of(std::string_view name) const {
    if (const auto number = base::parse_number<std::size_t>(name)) return number;
    const auto& names = expression_.NamedCapturingGroups();
    const auto found = names.find(std::string(name));
    return found == names.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found->second));
  }

  RE2 expression_;
};

}  // namespace

std::unique_ptr<const LabelReplacer> LabelReplacer::compile(std::string_view expression, std::string& fault) {
  auto replacer = std::make_unique<const Re2Replacer>(expression);
  fault = replacer->fault();
  if (!fault.empty()) return nullptr;
  return replacer;
}

std::shared_ptr<const series::Pattern> compile_pattern(std::string_view expression, std::string& fault) {
  auto pattern = std::make_shared<const Re2Pattern>(expression);
  fault = pattern->fault();
  if (!fault.empty()) return nullptr;
  return pattern;
}

}  // namespace kymo::KYMO_ABI::query
