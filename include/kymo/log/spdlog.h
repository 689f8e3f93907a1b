#pragma once

// For programs that log with spdlog already: link kymo::log_spdlog. The user's compiler compiles this header
// against the user's spdlog. Nothing else in kymo needs it.

#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/log/context.h>
#include <kymo/log/format.h>
#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

[[nodiscard]] inline spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: break;
  }
  return spdlog::level::off;
}

/// Maps trace to debug, and critical to error.
[[nodiscard]] inline Level from_spdlog(spdlog::level::level_enum level) noexcept {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return Level::debug;
    case spdlog::level::info: return Level::info;
    case spdlog::level::warn: return Level::warning;
    case spdlog::level::err:
    case spdlog::level::critical: return Level::error;
    default: return Level::off;
  }
}

/// A sink that hands kymo's events to a logger of spdlog. The message and its fields are as in kymo's text
/// format, so a line stays one line; time and level are spdlog's.
///
///     kymo::Monitor monitor({.log = {.sink = kymo::log::spdlog_sink(spdlog::default_logger())}});
///
/// Threads and errors: as the logger's.
[[nodiscard]] inline Sink spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
  return [logger = std::move(logger)](const Record& record) {
    const spdlog::level::level_enum level = to_spdlog(record.level);
    if (!logger->should_log(level)) return;
    const std::string text = format_event(record);
    logger->log(std::chrono::time_point_cast<spdlog::log_clock::duration>(record.time), spdlog::source_loc{},
                level, spdlog::string_view_t(text.data(), text.size()));
  };
}

/// Writes spdlog's own events as kymo's lines. Adds the fields of the thread's ContextScopes, the logger's
/// name as `logger` and the known place in the source as `source`:
///
///     spdlog::set_formatter(std::make_unique<kymo::log::SpdlogFormatter>(kymo::log::Format::json));
///
/// An asynchronous logger formats on its own thread, so its lines lack the context. Threads: as spdlog's.
class SpdlogFormatter final : public spdlog::formatter {
 public:
  explicit SpdlogFormatter(Format format = Format::text) noexcept : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string source;
    std::vector<Field> fields;
    if (message.logger_name.size() > 0) fields.push_back({"logger", view(message.logger_name)});
    if (!message.source.empty() && message.source.filename != nullptr) {
      source = std::string(message.source.filename) + ":" + std::to_string(message.source.line);
      fields.push_back({"source", source});
    }
    const Context context = current_context();
    const std::vector<Field> all = with_context_fields(fields, context);
    const std::string line =
        format_line({from_spdlog(message.level),
                     std::chrono::time_point_cast<std::chrono::system_clock::duration>(message.time),
                     view(message.payload), all},
                    format_);
    out.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<SpdlogFormatter>(format_);
  }

 private:
  [[nodiscard]] static std::string_view view(spdlog::string_view_t text) noexcept {
    return {text.data(), text.size()};
  }

  Format format_;
};

}  // namespace kymo::KYMO_ABI::log
