#pragma once

#include <unistd.h>

#include <string_view>

#include <kymo/core/registry.h>

namespace kymo::robustness {

/// Which variant of the program this is: the environment's LIFETIME_VARIANT, since there are no arguments
/// before main.
[[nodiscard]] bool is_variant(std::string_view name);

/// Ends the program at once, and tells what was wrong.
void require(bool holds, const char* what);

/// One of every instrument, in the default registry or in one of its own.
struct Instruments {
  explicit Instruments(Registry& registry, std::string_view prefix);

  Counter counter;
  DoubleCounter fractions;
  UpDownCounter balance;
  Histogram histogram;
  Timing timing;
  Window window;
  Gauge gauge;

  /// Into each of them.
  void record();
  /// Each has what `times` calls of record() gave.
  void require_records(std::uint64_t times) const;
};

/// A static object as programs have them, one in each of three translation units, whose constructors run in
/// an order that nobody promises.
class StaticObject final {
 public:
  explicit StaticObject(std::string_view name);
  StaticObject(const StaticObject&) = delete;
  StaticObject& operator=(const StaticObject&) = delete;
  ~StaticObject();

  /// Records through all that this object has by now.
  void record_now();

 private:
  std::string_view name_;
  bool constructed_ = false;
  std::uint64_t recorded_ = 0;
  Instruments* instruments_ = nullptr;
  pid_t process_ = getpid();
};

/// A registry that is a plain static object, and dies as such, before or after the handles of the others.
[[nodiscard]] Registry& mortal_registry();

extern StaticObject first_object;
extern StaticObject second_object;
extern StaticObject third_object;

}  // namespace kymo::robustness
