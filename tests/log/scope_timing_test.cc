#include <kymo/log/scope_timing.h>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "kept_lines.h"

namespace kymo::KYMO_ABI::log {
namespace {

using namespace std::chrono_literals;

struct Kept {
  Level level = Level::off;
  std::string message;
  double duration_ms = -1;
  bool failed = false;
};

/// A Logger, and the last event that it logged.
struct KeptEvent {
  Kept kept;
  Logger logger{[this](const Record& record) {
                  kept = {record.level, std::string(record.message)};
                  for (const Field& field : record.fields) {
                    if (field.key == "duration_ms") kept.duration_ms = std::get<double>(field.value.get());
                    if (field.key == "failed") kept.failed = std::get<bool>(field.value.get());
                  }
                },
                Level::debug};
};

TEST(ScopeTiming, LogsHowLongAScopeTook) {
  KeptEvent event;
  const auto begin = std::chrono::steady_clock::now();
  {
    const ScopeTiming timing(event.logger, "load map");
  }
  const std::chrono::duration<double, std::milli> around = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(event.kept.message, "load map");
  EXPECT_EQ(event.kept.level, Level::info);
  EXPECT_GE(event.kept.duration_ms, 0);
  // One clock against another, and a microsecond's rounding.
  EXPECT_LE(event.kept.duration_ms, around.count() * 1.01 + 0.002);
  EXPECT_FALSE(event.kept.failed);
}

TEST(ScopeTiming, TellsWhenAnExceptionLeftIt) {
  KeptEvent event;
  const auto fails = [&] {
    const ScopeTiming timing(event.logger, "load map", {.level = Level::warning});
    throw std::runtime_error("no map");
  };
  EXPECT_THROW(fails(), std::runtime_error);
  EXPECT_TRUE(event.kept.failed);
  EXPECT_EQ(event.kept.level, Level::warning);
}

TEST(ScopeTiming, AScopeThatEndsWellWhileAnExceptionIsOnItsWayHasNotFailed) {
  KeptEvent event;
  struct CleansUp {
    const Logger& logger;
    ~CleansUp() { const ScopeTiming timing(logger, "clean up"); }
  };
  try {
    const CleansUp guard{event.logger};
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(event.kept.message, "clean up");
  EXPECT_FALSE(event.kept.failed);
}

TEST(ScopeTiming, OnlyWhatTookLongerWhereThatIsAsked) {
  KeptEvent event;
  {
    const ScopeTiming timing(event.logger, "quick", {.longer_than = 24h});
  }
  EXPECT_EQ(event.kept.message, "");
  {
    const ScopeTiming timing(event.logger, "slow", {.longer_than = 1ns});
    const auto end = std::chrono::steady_clock::now() + 10us;
    while (std::chrono::steady_clock::now() < end) {
    }
  }
  EXPECT_EQ(event.kept.message, "slow");
}

TEST(ScopeTiming, BelowTheLevelOrWithoutALoggerItIsNothing) {
  KeptLines lines;
  {
    const ScopeTiming timing(lines.logger(Level::error), "m");
  }
  {
    const ScopeTiming timing(Logger(), "m");
  }
  EXPECT_TRUE(lines.all().empty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
