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
  /// Types with series of their own; those that come later share `event_type="other"`, and so do those of
  /// more than 1024 bytes.
  std::size_t max_types = 200;
  /// Kinds of error to be shown as 0 before they first happen, so that a rate sees the first one.
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
/// Threads: any; a Handling one at a time. Cost: two readings of the clock, two timings, four counters; and a
/// look-up in a table of types, without a lock, unless the caller keeps the Type. Errors: a second one on
/// the same registry is a registration error. Must outlive its Handlings and Types.
class KYMO_API EventMetrics final {
 public:
  /// A type of event with its series found.
  class Type final {
   private:
    friend EventMetrics;
    struct Series;
    explicit Type(Series& series) noexcept : series_(&series) {}
    Series* series_;
  };

  /// Why events are left alone: `events.ignored.<reason>`.
  class IgnoreReason final {
   private:
    friend EventMetrics;
    explicit IgnoreReason(const Counter& ignored) noexcept : ignored_(ignored) {}
    Counter ignored_;
  };

  /// A handler at work. What it came to is counted when it ends; with nothing said, the event was processed.
  class Handling final {
   public:
    Handling(EventMetrics& metrics, Type type) noexcept;
    Handling(const Handling&) = delete;
    Handling& operator=(const Handling&) = delete;
    ~Handling();

    /// The event was left alone; not timed.
    void ignore(const IgnoreReason& reason) noexcept;
    /// There is no handler for it; not timed.
    void unhandled() noexcept { outcome_ = Outcome::unhandled; }
    /// It went wrong without an exception. The word says how and is a label: one of a few ("timeout"), never
    /// a message. It must live as long as the Handling.
    void fail(TextView error_type) noexcept;

   private:
    using Clock = std::chrono::steady_clock;
    enum class Outcome : unsigned char { processed, ignored, unhandled, failed };

    void count() noexcept;

    EventMetrics& metrics_;
    Type type_;
    Counter ignored_;
    std::string_view error_type_;
    int exceptions_;  // in flight when it began: a handler may itself run during one
    Outcome outcome_ = Outcome::processed;
    Clock::time_point start_;
  };

  explicit EventMetrics(Registry& registry, const EventOptions& options = {});
  EventMetrics(const EventMetrics&) = delete;
  EventMetrics& operator=(const EventMetrics&) = delete;
  ~EventMetrics();

  /// Registers the reason, or finds it again; takes a lock, so not in a child that was forked off meanwhile.
  /// Errors: a reason that cannot stand in a name is a registration error.
  [[nodiscard]] IgnoreReason ignore_reason(TextView reason);

  /// Keep it where types are few and known: then handling an event looks nothing up.
  [[nodiscard]] Type type(TextView name);

  /// An event came and is handled until the end of the scope.
  [[nodiscard]] Handling handle(TextView type_name) { return handle(type(type_name)); }
  [[nodiscard]] Handling handle(Type type) {
    receive(type);
    return Handling(*this, type);
  }

  /// The two halves of handle(), for events that wait in a queue between.
  void receive(Type type) noexcept;
  [[nodiscard]] Handling process(Type type) noexcept { return Handling(*this, type); }

  /// Counts an error outside a Handling: an event that could not even be read.
  void fail(Type type, TextView error_type) noexcept;

 private:
  class State;

  void finish(Type type, std::chrono::nanoseconds duration) noexcept;
  void time(Type type, std::chrono::nanoseconds duration) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::packs
