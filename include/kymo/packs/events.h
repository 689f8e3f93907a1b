#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <kymo/core/counter.h>
#include <kymo/core/detail/text_view.h>
#include <kymo/core/family.h>
#include <kymo/core/registry.h>
#include <kymo/core/timing.h>

namespace kymo::KYMO_ABI::packs {

struct EventOptions {
  /// Number of types with their own series. Later types, and names over 1024 bytes, share
  /// `event_type="other"`.
  std::size_t max_types = 200;
  /// Kinds of error to export as 0 before their first occurrence, so that a rate sees the first one.
  std::vector<std::string_view> error_types = {};
};

/// Events that a server handles: received, processed, ignored, unhandled, failed, and how long each took.
///
///     kymo::packs::EventMetrics events(registry);
///     const auto no_project = events.ignore_reason("no_project");  // once, at start
///
///     void on_event(std::string_view type) {
///       auto event = events.handle(type);        // received
///       if (!project) return event.ignore(no_project);
///       if (!known(type)) return event.unhandled();
///       process();                               // processed and timed at the end of the scope,
///     }                                          // an error when left by an exception
///
/// Threads: any; a Handling one at a time. Cost: two readings of the clock, two timings, four counters, and a
/// look-up of the type without a lock, which a kept Type saves. Errors: a second one on the same registry is
/// a registration error. Must outlive its Handlings and Types.
class KYMO_API EventMetrics final {
 public:
  /// A type of event with its series looked up.
  class Type final {
   private:
    friend EventMetrics;
    struct Series;
    explicit Type(Series& series) noexcept : series_(&series) {}
    Series* series_;
  };

  /// A reason to ignore events: `events.ignored.<reason>`.
  class IgnoreReason final {
   private:
    friend EventMetrics;
    explicit IgnoreReason(const Counter& ignored) noexcept : ignored_(ignored) {}
    Counter ignored_;
  };

  /// One event in a handler. The end of the scope counts the outcome; by default the event was processed.
  class Handling final {
   public:
    Handling(EventMetrics& metrics, Type type) noexcept;
    Handling(const Handling&) = delete;
    Handling& operator=(const Handling&) = delete;
    ~Handling();

    /// Counts the event as ignored, without a timing.
    void ignore(const IgnoreReason& reason) noexcept;
    /// Counts the event as one without a handler, without a timing.
    void unhandled() noexcept { outcome_ = Outcome::unhandled; }
    /// Counts a failure without an exception. `error_type` becomes a label: one of a few words ("timeout"),
    /// never a message. The word must live as long as the Handling.
    void fail(TextView error_type) noexcept;

   private:
    using Clock = std::chrono::steady_clock;
    enum class Outcome : unsigned char { processed, ignored, unhandled, failed };

    void count() noexcept;

    EventMetrics& metrics_;
    Type type_;
    Counter ignored_;
    std::string_view error_type_;
    int exceptions_;  // in flight at the start: a handler may itself run during unwinding
    Outcome outcome_ = Outcome::processed;
    Clock::time_point start_;
  };

  explicit EventMetrics(Registry& registry, const EventOptions& options = {});
  EventMetrics(const EventMetrics&) = delete;
  EventMetrics& operator=(const EventMetrics&) = delete;
  ~EventMetrics();

  /// Registers the reason, or finds it again. Takes a lock, so do not call it in a forked child. Errors: a
  /// reason that is invalid in a metric name is a registration error.
  [[nodiscard]] IgnoreReason ignore_reason(TextView reason);

  /// Keep the result where types are few and known: then handling an event needs no look-up.
  [[nodiscard]] Type type(TextView name);

  /// Counts an event as received; it is handled until the end of the scope.
  [[nodiscard]] Handling handle(TextView type_name) { return handle(type(type_name)); }
  [[nodiscard]] Handling handle(Type type) {
    receive(type);
    return Handling(*this, type);
  }

  /// The two halves of handle(), for events that wait in a queue in between.
  void receive(Type type) noexcept;
  [[nodiscard]] Handling process(Type type) noexcept { return Handling(*this, type); }

  /// Counts an error outside a Handling, such as an unreadable event.
  void fail(Type type, TextView error_type) noexcept;

 private:
  class State;

  void finish(Type type, std::chrono::nanoseconds duration) noexcept;
  void time(Type type, std::chrono::nanoseconds duration) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::packs
