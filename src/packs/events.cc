#include <kymo/packs/events.h>

#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace kymo::packs {
namespace {

constexpr std::string_view kOtherTypes = "other";
constexpr std::string_view kException = "exception";

using ByType = Family<Counter, "event_type">;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

/// For what is rare: finds the series each time, so that a type without errors has no series of errors.
template <class LabelledCounters>
void add_one(const LabelledCounters& family, std::string_view label) noexcept {
  try {
    family.with(label).add();
  } catch (const std::bad_alloc&) {
    return;  // the total has it
  }
}

}  // namespace

struct EventMetrics::Type::Series {
  std::string name;
  Counter received;
  Counter processed;
  Timing duration;
};

class EventMetrics::State final {
 public:
  State(Registry& registry, const EventOptions& options);

  [[nodiscard]] Type::Series& series(std::string_view type);
  [[nodiscard]] Counter ignored(std::string_view reason);
  void count_error(const Type::Series& type, std::string_view error_type) noexcept;
  void count_unhandled(const Type::Series& type) noexcept;

  Counter received;
  Counter processed;
  Timing duration;

 private:
  using Types = std::unordered_map<std::string, Type::Series, TextHash, std::equal_to<>>;

  [[nodiscard]] Type::Series* find(std::string_view type);
  [[nodiscard]] Type::Series make_series(std::string_view type) const;

  Registry& registry_;
  const std::size_t max_types_;
  Family<Timing> durations_;
  ByType received_by_type_;
  ByType processed_by_type_;
  Counter unhandled_;
  ByType unhandled_by_type_;
  Counter errors_;
  ByType errors_by_type_;
  Family<Counter, "error_type"> errors_by_error_;
  Registration error_rate_;

  std::shared_mutex mutex_;  // guards both tables
  Types types_;              // a node each, so that a Type stays valid
  std::map<std::string, Counter, std::less<>> ignored_;
};

EventMetrics::State::State(Registry& registry, const EventOptions& options)
    : received(registry.counter("events.received", "Events that came in.")),
      processed(registry.counter("events.processed", "Events that a handler finished.")),
      registry_(registry),
      max_types_(options.max_types),
      durations_(registry.family<Timing>(
          "event.processing.duration",
          "Time that a handler took, finished or failed: of all events without label, and of each type.")),
      received_by_type_(
          registry.family<Counter, "event_type">("events.received.by_type", "Events that came in, by type.")),
      processed_by_type_(registry.family<Counter, "event_type">("events.processed.by_type",
                                                                "Events that a handler finished, by type.")),
      unhandled_(registry.counter("events.unhandled", "Events that no handler is there for.")),
      unhandled_by_type_(registry.family<Counter, "event_type">(
          "events.unhandled.by_type", "Events that no handler is there for, by type.")),
      errors_(registry.counter("errors.event_processing", "Events that could not be processed.")),
      errors_by_type_(registry.family<Counter, "event_type">("errors.event_processing.by_type",
                                                             "Events that could not be processed, by type.")),
      errors_by_error_(registry.family<Counter, "error_type">(
          "errors.event_processing.by_error", "Events that could not be processed, by what went wrong.")),
      error_rate_(registry.observe_gauge("events.error_rate",
                                         "Share of the events that could not be processed.",
                                         [failed = errors_, came = received] {
                                           const auto all = static_cast<double>(came.value());
                                           return all > 0 ? static_cast<double>(failed.value()) / all : 0.0;
                                         },
                                         {.unit = "ratio"})) {
  duration = durations_.with(Labels());
  for (const std::string_view error_type : options.error_types) (void)errors_by_error_.with(error_type);
}

/// The type's series, or those of the others once there is no room; to be called with the lock held.
EventMetrics::Type::Series* EventMetrics::State::find(std::string_view type) {
  auto found = types_.find(type);
  if (found == types_.end() && types_.size() >= max_types_) found = types_.find(kOtherTypes);
  return found == types_.end() ? nullptr : &found->second;
}

EventMetrics::Type::Series& EventMetrics::State::series(std::string_view type) {
  {
    const std::shared_lock lock(mutex_);
    if (Type::Series* found = find(type)) return *found;
  }
  const std::lock_guard lock(mutex_);
  if (Type::Series* found = find(type)) return *found;
  const std::string_view name = types_.size() < max_types_ ? type : kOtherTypes;
  return types_.emplace(name, make_series(name)).first->second;
}

EventMetrics::Type::Series EventMetrics::State::make_series(std::string_view type) const {
  return {.name = std::string(type),
          .received = received_by_type_.with(type),
          .processed = processed_by_type_.with(type),
          .duration = durations_.with({{"event_type", type}})};
}

Counter EventMetrics::State::ignored(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto found = ignored_.find(reason);
  if (found != ignored_.end()) return found->second;
  const std::string text(reason);
  const Counter counter =
      registry_.counter("events.ignored." + text, "Events left alone, for the reason " + text + ".");
  return ignored_.emplace(text, counter).first->second;
}

void EventMetrics::State::count_error(const Type::Series& type, std::string_view error_type) noexcept {
  errors_.add();
  add_one(errors_by_type_, type.name);
  add_one(errors_by_error_, error_type);
}

void EventMetrics::State::count_unhandled(const Type::Series& type) noexcept {
  unhandled_.add();
  add_one(unhandled_by_type_, type.name);
}

EventMetrics::EventMetrics(Registry& registry, const EventOptions& options)
    : state_(std::make_unique<State>(registry, options)) {}

EventMetrics::~EventMetrics() = default;

EventMetrics::IgnoreReason EventMetrics::ignore_reason(std::string_view reason) {
  return IgnoreReason(state_->ignored(reason));
}

EventMetrics::Type EventMetrics::type(std::string_view name) { return Type(state_->series(name)); }

void EventMetrics::receive(Type type) noexcept {
  state_->received.add();
  type.series_->received.add();
}

void EventMetrics::fail(Type type, std::string_view error_type) noexcept {
  state_->count_error(*type.series_, error_type);
}

void EventMetrics::finish(Type type, std::chrono::nanoseconds duration) noexcept {
  state_->processed.add();
  type.series_->processed.add();
  time(type, duration);
}

void EventMetrics::time(Type type, std::chrono::nanoseconds duration) noexcept {
  state_->duration.record(duration);
  type.series_->duration.record(duration);
}

EventMetrics::Handling::Handling(EventMetrics& metrics, Type type) noexcept
    : metrics_(metrics), type_(type), exceptions_(std::uncaught_exceptions()), start_(Clock::now()) {}

EventMetrics::Handling::~Handling() {
  if (std::uncaught_exceptions() > exceptions_) fail(kException);
  count();
}

void EventMetrics::Handling::count() noexcept {
  switch (outcome_) {
    case Outcome::processed: return metrics_.finish(type_, Clock::now() - start_);
    case Outcome::ignored: return ignored_.add();
    case Outcome::unhandled: return metrics_.state_->count_unhandled(*type_.series_);
    case Outcome::failed: break;
  }
  metrics_.fail(type_, error_type_);
  metrics_.time(type_, Clock::now() - start_);
}

void EventMetrics::Handling::ignore(const IgnoreReason& reason) noexcept {
  outcome_ = Outcome::ignored;
  ignored_ = reason.ignored_;
}

void EventMetrics::Handling::fail(std::string_view error_type) noexcept {
  outcome_ = Outcome::failed;
  error_type_ = error_type;
}

}  // namespace kymo::packs
