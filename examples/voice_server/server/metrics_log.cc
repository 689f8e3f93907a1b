#include "server/metrics_log.h"

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/packs/server_log.h>

namespace voice {

MetricsLog::MetricsLog(kymo::Monitor& monitor, kymo::log::Sink sink)
    : monitor_(monitor), sink_(std::move(sink)) {}

void MetricsLog::session_ended(std::uint64_t session) noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (!sink_ || now < next_) return;
  next_ = now + kPause;
  try {
    write(session);
  } catch (const std::exception&) {
    return;
  }
}

void MetricsLog::write(std::uint64_t session) {
  const auto to_log = [this](std::string_view message, std::span<const kymo::packs::LogField> figures) {
    std::vector<kymo::log::Field> fields;
    for (const kymo::packs::LogField& figure : figures) {
      std::visit([&](const auto& value) { fields.push_back({figure.key, value}); }, figure.value);
    }
    sink_({.level = kymo::log::Level::info,
           .time = std::chrono::system_clock::now(),
           .message = message,
           .fields = fields});
  };
  kymo::packs::log_current_metrics(*monitor_.snapshot(), to_log, std::to_string(session));
}

}  // namespace voice
