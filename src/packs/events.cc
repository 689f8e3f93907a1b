#include <kymo/packs/events.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::packs {
namespace {

constexpr std::string_view kOtherTypes = "other";
constexpr std::string_view kException = "exception";

using ByType = Family<Counter, "event_type">;

// A type usually comes from a client, and its text is stored.
constexpr std::size_t kMaxTypeBytes = 1024;

/// For rare errors: looks the series up each time, so a type without errors has no error series.
template <class LabelledCounters>
void add_one(const LabelledCounters& family, std::string_view label) noexcept {
  try {
    family.with(label).add();
  } catch (const std::bad_alloc&) {
    return;  // the total counts it
  }
}

}  // namespace

struct EventMetrics::Type::Series {
  std::string name;
  Counter received;
  Counter processed;
  Timing duration;
  Series* next = nullptr;  ///< the next type with the same low hash bits
};

namespace {

/// Types by name. They are added and never removed, so there is no lock: threads that handle events never
/// wait, and a forked child finds none held by a missing thread.
template <class Series>
class TypeTable final {
 public:
  explicit TypeTable(std::size_t max_types)
      : max_types_(max_types),
        mask_(std::bit_ceil(std::clamp<std::size_t>(max_types, 16, 1U << 16U)) - 1),
        chains_(new std::atomic<Series*>[mask_ + 1]()) {}
  TypeTable(const TypeTable&) = delete;
  TypeTable& operator=(const TypeTable&) = delete;
  ~TypeTable() {
    for (std::size_t i = 0; i <= mask_; ++i) {
      for (const Series* series = chains_[i].load(); series != nullptr;)
        delete std::exchange(series, series->next);
    }
  }

  [[nodiscard]] Series* find(std::string_view name) const noexcept {
    return find_in(chain(name).load(std::memory_order_acquire), name);
  }

  /// Reserves room for one more type, for add(); false if there is no room.
  [[nodiscard]] bool claim() noexcept {
    if (claimed_.fetch_add(1, std::memory_order_relaxed) < max_types_) return true;
    give_up();
    return false;
  }
  void give_up() noexcept { claimed_.fetch_sub(1, std::memory_order_relaxed); }

  /// False: another thread has added that name; `added` then points to its series.
  bool add(std::unique_ptr<Series> fresh, Series*& added) noexcept {
    std::atomic<Series*>& chain = this->chain(fresh->name);
    fresh->next = chain.load(std::memory_order_acquire);
    do {
      added = find_in(fresh->next, fresh->name);
      if (added != nullptr) return false;
    } while (!chain.compare_exchange_weak(fresh->next, fresh.get(), std::memory_order_acq_rel));
    added = fresh.release();
    return true;
  }

 private:
  [[nodiscard]] std::atomic<Series*>& chain(std::string_view name) const noexcept {
    return chains_[std::hash<std::string_view>()(name) & mask_];
  }
  [[nodiscard]] static Series* find_in(Series* series, std::string_view name) noexcept {
    while (series != nullptr && series->name != name) series = series->next;
    return series;
  }

  const std::size_t max_types_;
  const std::size_t mask_;
  const std::unique_ptr<std::atomic<Series*>[]> chains_;
  std::atomic<std::size_t> claimed_{0};
};

}  // namespace

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
  [[nodiscard]] Type::Series& others();
  Type::Series* add_series(std::string_view type, bool& is_added);
  [[nodiscard]] std::unique_ptr<Type::Series> make_series(std::string_view type) const;

  Registry& registry_;
  Family<Timing> durations_;
  ByType received_by_type_;
  ByType processed_by_type_;
  Counter unhandled_;
  ByType unhandled_by_type_;
  Counter errors_;
  ByType errors_by_type_;
  Family<Counter, "error_type"> errors_by_error_;
  Registration error_rate_;

  TypeTable<Type::Series> types_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, Counter, std::less<>> ignored_;
};

EventMetrics::State::State(Registry& registry, const EventOptions& options)
    : received(registry.counter("events.received", "Events received.")),
      processed(registry.counter("events.processed", "Events that a handler finished.")),
      registry_(registry),
      durations_(registry.family<Timing>(
          "event.processing.duration",
          "Time to handle an event, successful or failed: of all events without a label, and of each type.")),
      received_by_type_(
          registry.family<Counter, "event_type">("events.received.by_type", "Events received, by type.")),
      processed_by_type_(registry.family<Counter, "event_type">("events.processed.by_type",
                                                                "Events that a handler finished, by type.")),
      unhandled_(registry.counter("events.unhandled", "Events without a handler.")),
      unhandled_by_type_(registry.family<Counter, "event_type">("events.unhandled.by_type",
                                                                "Events without a handler, by type.")),
      errors_(registry.counter("errors.event_processing", "Events whose processing failed.")),
      errors_by_type_(registry.family<Counter, "event_type">("errors.event_processing.by_type",
                                                             "Events whose processing failed, by type.")),
      errors_by_error_(registry.family<Counter, "error_type">(
          "errors.event_processing.by_error", "Events whose processing failed, by kind of error.")),
      error_rate_(registry.observe_gauge("events.error_rate", "Share of the events whose processing failed.",
                                         [failed = errors_, came = received] {
                                           const auto all = static_cast<double>(came.value());
                                           const auto bad = static_cast<double>(failed.value());
                                           // An event may start before a reset and fail after it.~
                                           return all > 0 ? std::min(bad / all, 1.0) : 0.0;
                                         },
                                         {.unit = "ratio", .has_deadline = false})),
      types_(options.max_types) {
  duration = durations_.with(Labels());
  for (const std::string_view error_type : options.error_types) (void)errors_by_error_.with(error_type);
}

EventMetrics::Type::Series& EventMetrics::State::series(std::string_view type) {
  if (Type::Series* found = types_.find(type)) return *found;
  if (type.size() > kMaxTypeBytes || !types_.claim()) return others();
  bool is_added = false;
  Type::Series* series = nullptr;
  try {
    series = add_series(type, is_added);
  } catch (...) {
    types_.give_up();
    throw;
  }
  if (!is_added) types_.give_up();
  return *series;
}

/// The common series of types beyond the limit.
EventMetrics::Type::Series& EventMetrics::State::others() {
  if (Type::Series* found = types_.find(kOtherTypes)) return *found;
  bool is_added = false;
  return *add_series(kOtherTypes, is_added);
}

EventMetrics::Type::Series* EventMetrics::State::add_series(std::string_view type, bool& is_added) {
  Type::Series* series = nullptr;
  is_added = types_.add(make_series(type), series);
  return series;
}

std::unique_ptr<EventMetrics::Type::Series> EventMetrics::State::make_series(std::string_view type) const {
  return std::make_unique<Type::Series>(Type::Series{.name = std::string(type),
                                                     .received = received_by_type_.with(type),
                                                     .processed = processed_by_type_.with(type),
                                                     .duration = durations_.with({{"event_type", type}})});
}

Counter EventMetrics::State::ignored(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto found = ignored_.find(reason);
  if (found != ignored_.end()) return found->second;
  const std::string text(reason);
  const Counter counter =
      registry_.counter("events.ignored." + text, "Events ignored for the reason " + text + ".");
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

EventMetrics::IgnoreReason EventMetrics::ignore_reason(TextView reason) {
  return IgnoreReason(state_->ignored(reason));
}

EventMetrics::Type EventMetrics::type(TextView name) { return Type(state_->series(name)); }

void EventMetrics::receive(Type type) noexcept {
  state_->received.add();
  type.series_->received.add();
}

void EventMetrics::fail(Type type, TextView error_type) noexcept {
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

void EventMetrics::Handling::fail(TextView error_type) noexcept {
  outcome_ = Outcome::failed;
  error_type_ = error_type;
}

}  // namespace kymo::KYMO_ABI::packs
