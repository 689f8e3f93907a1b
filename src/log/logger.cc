#include <kymo/log/logger.h>

#include <atomic>
#include <utility>
#include <vector>

#include <kymo/log/context.h>

namespace kymo::KYMO_ABI::log {

struct Logger::Shared {
  Sink sink;
  std::atomic<std::uint64_t> lost{0};
};

std::string_view level_name(Level level) noexcept {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
    case Level::off: break;
  }
  return "off";
}

Logger::Logger(Sink sink, Level threshold) : threshold_(sink ? threshold : Level::off) {
  if (!sink) return;
  shared_ = std::make_shared<Shared>();
  shared_->sink = std::move(sink);
}

bool Logger::enabled(Level level) const noexcept { return level >= threshold_ && level < Level::off; }

void Logger::log(Level level, std::string_view message, std::span<const Field> fields) const noexcept {
  if (!enabled(level)) return;
  try {
    Record record{level, std::chrono::system_clock::now(), message, fields};
    // A sink may change its thread's context, so this copy keeps the fields alive.
    const Context context = current_context();
    std::vector<Field> all;
    if (!context.empty()) {
      all = with_context_fields(fields, context);
      record.fields = all;
    }
    shared_->sink(record);
  } catch (...) {
    shared_->lost.fetch_add(1, std::memory_order_relaxed);
  }
}

std::uint64_t Logger::lost() const noexcept {
  return shared_ ? shared_->lost.load(std::memory_order_relaxed) : 0;
}

}  // namespace kymo::KYMO_ABI::log
