#include <kymo/log/spdlog.h>

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <boost/json/parse.hpp>

#include <memory>
#include <sstream>
#include <string>

#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {
namespace {

/// A logger of spdlog's that writes to a string.
struct Written {
  std::ostringstream text;
  std::shared_ptr<spdlog::logger> logger =
      std::make_shared<spdlog::logger>("game", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));

  explicit Written(const std::string& pattern) {
    logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  }
  explicit Written(Format format) { logger->set_formatter(std::make_unique<SpdlogFormatter>(format)); }
};

TEST(SpdlogSink, HandsOnMessageFieldsAndLevel) {
  Written written("[%l] %v");
  const Logger logger(spdlog_sink(written.logger), Level::debug);
  logger.warning("address taken", {{"port", 9464}, {"name", "two words"}});
  logger.error("not a {format} %s");
  EXPECT_EQ(written.text.str(),
            "[warning] address taken port=9464 name=\"two words\"\n[error] not a {format} %s\n");
}

TEST(SpdlogSink, OneEventIsOneLineWithItsContext) {
  Written written("%v");
  const ContextScope scope{{"session", "a\nb"}};
  Logger(spdlog_sink(written.logger)).info("first\nsecond");
  EXPECT_EQ(written.text.str(), "first\\nsecond session=a\\nb\n");
}

TEST(SpdlogSink, SpdlogsOwnLevelHolds) {
  Written written("%v");
  written.logger->set_level(spdlog::level::err);
  const Logger logger(spdlog_sink(written.logger), Level::debug);
  logger.warning("not this");
  logger.error("this");
  EXPECT_EQ(written.text.str(), "this\n");
}

TEST(SpdlogSink, TheEventsOwnTimeIsKept) {
  Written written("%Y-%m-%dT%H:%M:%S %v");
  const auto time = std::chrono::sys_days(std::chrono::year(2025) / 3 / 1) + std::chrono::hours(9);
  spdlog_sink(written.logger)({Level::info, time, "m", {}});
  EXPECT_EQ(written.text.str(), "2025-03-01T09:00:00 m\n");
}

TEST(SpdlogFormatterTest, WritesKymosLinesWithTheThreadsContext) {
  Written written(Format::json);
  const ContextScope scope{{"session", "s-1"}, {"logger", "not this"}};
  written.logger->critical("{} players\nleft", 3);
  const std::string line = written.text.str();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = boost::json::parse(line).as_object();
  EXPECT_EQ(parsed.at("message").as_string(), "3 players\nleft");
  EXPECT_EQ(parsed.at("level").as_string(), "error");
  EXPECT_EQ(parsed.at("logger").as_string(), "game");
  EXPECT_EQ(parsed.at("session").as_string(), "s-1");
  EXPECT_EQ(parsed.size(), 5U);
}

TEST(SpdlogFormatterTest, TellsThePlaceInTheSourceWhereItIsKnown) {
  Written written(Format::text);
  written.logger->log(spdlog::source_loc{"map.cc", 12, "load"}, spdlog::level::info, "loaded");
  EXPECT_TRUE(written.text.str().ends_with(" INFO  loaded logger=game source=map.cc:12\n"))
      << written.text.str();
}

TEST(SpdlogFormatterTest, EveryLevelHasOne) {
  for (const auto level : {Level::debug, Level::info, Level::warning, Level::error, Level::off}) {
    EXPECT_EQ(from_spdlog(to_spdlog(level)), level);
  }
  EXPECT_EQ(from_spdlog(spdlog::level::trace), Level::debug);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
