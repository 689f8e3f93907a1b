#include "pattern.h"

#include <cstdint>

#include <re2/re2.h>

namespace kymo::KYMO_ABI::query {
namespace {

/// RE2 refuses an expression whose program needs more. A matcher that fills it falls back to a slower method.
constexpr std::int64_t kMaxPatternBytes = std::int64_t{8} << 20U;

RE2::Options options_of_matchers() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_never_capture(true);
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

}  // namespace

std::shared_ptr<const series::Pattern> compile_pattern(std::string_view expression, std::string& fault) {
  auto pattern = std::make_shared<const Re2Pattern>(expression);
  fault = pattern->fault();
  if (!fault.empty()) return nullptr;
  return pattern;
}

}  // namespace kymo::KYMO_ABI::query
