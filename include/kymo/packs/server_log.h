#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::packs {

/// One figure of a log record: `{"active_connections", 3}`.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double> value;
};

/// Takes one log record; the views are valid during the call only. For kymo's own log:
///
///     [&](std::string_view message, std::span<const LogField> figures) {
///       std::vector<kymo::log::Field> fields;
///       for (const LogField& figure : figures) {
///         std::visit([&](const auto& value) { fields.push_back({figure.key, value}); }, figure.value);
///       }
///       sink({.time = now, .message = message, .fields = fields});
///     }
using LogSink = std::function<void(std::string_view message, std::span<const LogField> figures)>;

/// Logs a server's vital signs from a Snapshot: one record, `server metrics`, with the fields of `GET
/// /api/metrics/server` (`active_connections`, …, `uptime_seconds`; the cores as `12.5,0,99.1`). With a
/// connection's id the message is `[id] server metrics`, and the id is a field too. Figures that the host
/// lacks are left out. Threads: any. Errors: the sink's exceptions, and `std::bad_alloc`.
KYMO_API void log_current_metrics(const Snapshot& snapshot, const LogSink& sink,
                                  std::optional<std::string_view> connection_id = std::nullopt);

}  // namespace kymo::KYMO_ABI::packs
