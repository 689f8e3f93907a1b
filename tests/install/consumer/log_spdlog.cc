#include <spdlog/sinks/stdout_sinks.h>

#include <kymo/log/logger.h>
#include <kymo/log/spdlog.h>

int main() {
  const auto logger = spdlog::stdout_logger_st("game");
  logger->set_pattern("%v");
  const kymo::log::ContextScope scope{{"session", 3}};
  kymo::log::Logger(kymo::log::spdlog_sink(logger)).info("joined");
}
