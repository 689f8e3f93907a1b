#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::series {

/// A compiled regular expression. The layer that reads the expression brings the engine, so that a store
/// links none. Threads: any.
class Pattern {
 public:
  Pattern() = default;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  virtual ~Pattern() = default;

  /// Whether the expression matches all of the text.
  [[nodiscard]] virtual bool matches(std::string_view text) const noexcept = 0;
};

/// A condition on one label, as a PromQL selector has it. A missing label counts as an empty value. Threads:
/// any. Source: Prometheus, "Querying basics".
class Matcher final {
 public:
  enum class Kind : std::uint8_t {
    equal,      ///< `=`
    not_equal,  ///< `!=`
    match,      ///< `=~`
    not_match,  ///< `!~`
  };

  [[nodiscard]] static Matcher equal(std::string key, std::string value) {
    return Matcher(Kind::equal, std::move(key), std::move(value), nullptr);
  }
  [[nodiscard]] static Matcher not_equal(std::string key, std::string value) {
    return Matcher(Kind::not_equal, std::move(key), std::move(value), nullptr);
  }
  /// `expression`: the text that `pattern` was compiled from. `pattern` is not null.
  [[nodiscard]] static Matcher match(std::string key, std::string expression,
                                     std::shared_ptr<const Pattern> pattern) {
    return Matcher(Kind::match, std::move(key), std::move(expression), std::move(pattern));
  }
  [[nodiscard]] static Matcher not_match(std::string key, std::string expression,
                                         std::shared_ptr<const Pattern> pattern) {
    return Matcher(Kind::not_match, std::move(key), std::move(expression), std::move(pattern));
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  /// The value, or the expression.
  [[nodiscard]] const std::string& value() const noexcept { return value_; }

  [[nodiscard]] bool matches(std::string_view value) const noexcept {
    const bool is_negative = kind_ == Kind::not_equal || kind_ == Kind::not_match;
    const bool fits = pattern_ == nullptr ? value == value_ : pattern_->matches(value);
    return fits != is_negative;
  }

 private:
  Matcher(Kind kind, std::string key, std::string value, std::shared_ptr<const Pattern> pattern)
      : kind_(kind), key_(std::move(key)), value_(std::move(value)), pattern_(std::move(pattern)) {}

  Kind kind_;
  std::string key_;
  std::string value_;
  std::shared_ptr<const Pattern> pattern_;  ///< null for equal and not_equal
};

}  // namespace kymo::KYMO_ABI::series
