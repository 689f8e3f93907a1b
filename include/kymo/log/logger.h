#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

/// Hands events at or above a level to a sink, with the fields of the thread's context (see ContextScope)
/// behind their own. A small value: copies share the sink and the count of lost events.
///
/// A default-constructed Logger has no sink and drops everything: kymo prints nothing without a sink.
/// Threads: any member from any thread. Cost of an event below the level: one comparison. Errors: none. A
/// sink that throws loses its event, see `lost()`.
class KYMO_API Logger final {
 public:
  Logger() = default;
  explicit Logger(Sink sink, Level threshold = Level::info);

  [[nodiscard]] bool enabled(Level level) const noexcept;
  void log(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
    log(level, message, std::span<const Field>(fields.begin(), fields.size()));
  }
  void log(Level level, std::string_view message, std::span<const Field> fields) const noexcept;

  void debug(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
    log(Level::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
    log(Level::info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
    log(Level::warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
    log(Level::error, message, fields);
  }

  /// Events lost because the sink threw.
  [[nodiscard]] std::uint64_t lost() const noexcept;

 private:
  struct Shared;

  Level threshold_ = Level::off;
  std::shared_ptr<Shared> shared_;
};

}  // namespace kymo::KYMO_ABI::log
