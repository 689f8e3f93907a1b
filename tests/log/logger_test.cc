#include <kymo/log/logger.h>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace kymo::KYMO_ABI::log {
namespace {

TEST(Logger, WithoutASinkDropsEverything) {
  const Logger logger;
  EXPECT_FALSE(logger.enabled(Level::error));
  logger.error("nobody hears this");
  EXPECT_EQ(logger.lost(), 0U);
  EXPECT_FALSE(Logger(Sink{}, Level::debug).enabled(Level::error));
}

TEST(Logger, HandsOnWhatIsAtOrAboveTheThreshold) {
  std::vector<std::string> seen;
  const Logger logger([&](const Record& r) { seen.emplace_back(r.message); }, Level::warning);
  logger.debug("debug");
  logger.info("info");
  logger.warning("warning");
  logger.error("error");
  EXPECT_EQ(seen, (std::vector<std::string>{"warning", "error"}));
}

TEST(Logger, HandsOnLevelAndFields) {
  int calls = 0;
  const Logger logger([&](const Record& r) {
    ++calls;
    EXPECT_EQ(r.level, Level::error);
    ASSERT_EQ(r.fields.size(), 2U);
    EXPECT_EQ(r.fields[0].key, "port");
    EXPECT_EQ(std::get<std::int64_t>(r.fields[0].value.get()), 9464);
    EXPECT_EQ(std::get<std::string_view>(r.fields[1].value.get()), "x");
  });
  logger.error("m", {{"port", 9464}, {"name", std::string("x")}});
  EXPECT_EQ(calls, 1);
}

TEST(Logger, OffLogsNothing) {
  int calls = 0;
  const Logger logger([&](const Record&) { ++calls; }, Level::off);
  logger.error("m");
  logger.log(Level::off, "m");
  EXPECT_EQ(calls, 0);
}

TEST(Logger, ASinkThatThrowsIsCountedAndHurtsNobody) {
  const Logger logger([](const Record&) { throw std::runtime_error("full"); });
  const Logger copy = logger;
  logger.error("m");
  copy.error("m");
  EXPECT_EQ(logger.lost(), 2U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
