// The table of all settings: each row, also those to come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include <kymo/monitor/config.h>

#include "src/monitor/config_schema.h"
#include "tests/monitor/other_value.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Schema, EveryDefaultIsValidAndReadBackFromItsText) {
  for (const Setting& setting : schema()) {
    const SettingValue value = default_value(setting);
    EXPECT_EQ(value_fault(setting.domain, value), std::nullopt) << setting.name;
    const ParsedValue again = parse_value(setting.domain, print_value(setting.domain, value));
    ASSERT_TRUE(std::holds_alternative<SettingValue>(again)) << setting.name;
    EXPECT_EQ(std::get<SettingValue>(again), value) << setting.name;
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.name;
  }
}

TEST(Schema, NamesDifferInEverySource) {
  std::vector<std::string> names;
  for (const SettingInfo& info : Config::settings()) {
    EXPECT_EQ(std::ranges::count(names, info.environment), 0) << info.environment;
    names.push_back(info.environment);
    EXPECT_FALSE(info.environment.starts_with("KYMO_PORT") || info.environment.starts_with("KYMO_SERVICE_"))
        << info.environment << " is a name that Kubernetes gives to service links";
  }
}

/// A value reaches one member, which no other row has.
TEST(Schema, EachRowHasAMemberOfItsOwn) {
  std::vector<SettingValue> defaults;
  for (const Setting& setting : schema()) defaults.push_back(default_value(setting));
  for (std::size_t changed = 0; changed < schema().size(); ++changed) {
    std::vector<SettingValue> values = defaults;
    values[changed] = other_value(schema()[changed]);
    const Settings settings = apply(values);
    for (std::size_t i = 0; i < schema().size(); ++i) {
      EXPECT_EQ(schema()[i].member.get(settings, schema()[i].domain), values[i])
          << schema()[i].name << " after a change of " << schema()[changed].name;
    }
    const bool is_taken = schema()[changed].on_reload == OnReload::take;
    const std::vector<std::string> named{std::string(schema()[changed].name)};
    EXPECT_EQ(settings_to_restart_for(apply(defaults), settings),
              is_taken ? std::vector<std::string>() : named);
    EXPECT_THAT(setting_faults(settings), IsEmpty());
  }
}

/// One below and one above the range of each row, as a program may set its member.
TEST(Schema, TheRangeOfARowIsThatOfItsMember) {
  for (const Setting& setting : schema()) {
    const ValueDomain& domain = setting.domain;
    if (domain.max == 0) continue;
    for (const std::int64_t number : {domain.min - 1, domain.max + 1}) {
      const SettingValue value = domain.type == SettingType::duration
                                     ? SettingValue(std::chrono::milliseconds(number))
                                     : SettingValue(number);
      Settings settings;
      setting.member.set(settings, domain, value);
      EXPECT_THAT(setting_faults(settings),
                  ElementsAre(testing::StartsWith(std::string(setting.name) + ": ")));
    }
  }
  Settings settings;
  settings.monitor.http.threads = std::numeric_limits<std::size_t>::max();
  settings.monitor.log.format = static_cast<log::Format>(7);
  EXPECT_THAT(
      setting_faults(settings),
      ElementsAre("log.format: \"\" is not one of the choices; expected one of text, json",
                  "http.threads: \"9223372036854775807\" is too large; expected a number from 1 to 64"));
}

TEST(Schema, EverySettingOfQueriesReachesTheOptions) {
  const MonitorOptions o = Config::load({.flags = {{"query.threads", "21"},
                                                   {"query.timeout", "22s"},
                                                   {"query.memory", "23MiB"},
                                                   {"query.max_samples", "24"},
                                                   {"query.max_series", "25"}},
                                         .environment = {},
                                         .file = {}})
                               .options();
  EXPECT_EQ(o.query.threads, 21U);
  EXPECT_EQ(o.query.timeout, 22s);
  EXPECT_EQ(o.query.memory, 23U << 20U);
  EXPECT_EQ(o.query.max_samples, 24U);
  EXPECT_EQ(o.query.max_series, 25U);
}

TEST(Schema, EverySettingOfTiersReachesTheOptions) {
  const MonitorOptions o = Config::load({.flags = {{"history.retention_10s", "3h"},
                                                   {"history.size_10s", "3MiB"},
                                                   {"history.retention_5m", "4h"},
                                                   {"history.size_5m", "4MiB"},
                                                   {"history.retention_1h", "5h"},
                                                   {"history.size_1h", "0"}},
                                         .environment = {},
                                         .file = {}})
                               .options();
  EXPECT_EQ(o.history.retention_10s, std::chrono::hours(3));
  EXPECT_EQ(o.history.size_10s, 3U << 20U);
  EXPECT_EQ(o.history.retention_5m, std::chrono::hours(4));
  EXPECT_EQ(o.history.size_5m, 4U << 20U);
  EXPECT_EQ(o.history.retention_1h, std::chrono::hours(5));
  EXPECT_EQ(o.history.size_1h, 0U);
}

TEST(Schema, EverySettingReachesTheOptions) {
  const MonitorOptions o = Config::load({.flags = {{"listen", "[::1]:1"},
                                                   {"tick_interval", "2s"},
                                                   {"log.level", "debug"},
                                                   {"system.enabled", "no"},
                                                   {"process.enabled", "no"},
                                                   {"profile", "yes"},
                                                   {"log.format", "json"},
                                                   {"log.file_bytes", "1MiB"},
                                                   {"log.files", "15"},
                                                   {"history.interval", "16s"},
                                                   {"history.memory", "17MiB"},
                                                   {"history.directory", "/tmp/past"},
                                                   {"history.sync", "off"},
                                                   {"history.retention", "20h"},
                                                   {"history.size", "19MiB"},
                                                   {"limits.series_per_family", "3"},
                                                   {"limits.series", "4"},
                                                   {"limits.callback_deadline", "14ms"},
                                                   {"web.allowed_hosts", "a,b"},
                                                   {"web.trusted_proxies", "10.0.0.0/8, ::1"},
                                                   {"http.threads", "5"},
                                                   {"http.max_connections", "6"},
                                                   {"http.max_connections_per_address", "7"},
                                                   {"http.max_header_size", "8KiB"},
                                                   {"http.max_body_size", "9KiB"},
                                                   {"http.max_responses_size", "2MiB"},
                                                   {"http.header_timeout", "10s"},
                                                   {"http.body_timeout", "11s"},
                                                   {"http.write_timeout", "12s"},
                                                   {"http.idle_timeout", "13s"},
                                                   {"http.answer_timeout", "18s"}},
                                         .environment = {},
                                         .file = {}})
                               .options();
  EXPECT_EQ(o.listen, "[::1]:1");
  EXPECT_EQ(o.tick_interval, 2s);
  EXPECT_EQ(o.log.level, log::Level::debug);
  EXPECT_EQ(o.log.format, log::Format::json);
  EXPECT_EQ(o.log.file_bytes, 1024U * 1024);
  EXPECT_EQ(o.log.files, 15U);
  EXPECT_EQ(o.history.interval, 16s);
  EXPECT_EQ(o.history.memory, 17U << 20U);
  EXPECT_EQ(o.history.directory, "/tmp/past");
  EXPECT_EQ(o.history.sync, HistorySync::off);
  EXPECT_EQ(o.history.retention, 20h);
  EXPECT_EQ(o.history.size, 19U << 20U);
  EXPECT_FALSE(o.system || o.process);
  EXPECT_TRUE(o.profile);
  EXPECT_EQ(o.limits.series_per_family, 3U);
  EXPECT_EQ(o.limits.series, 4U);
  EXPECT_EQ(o.limits.callback_deadline, 14ms);
  EXPECT_THAT(o.access.allowed_hosts, ElementsAre("a", "b"));
  EXPECT_THAT(o.access.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(o.http.threads, 5U);
  EXPECT_EQ(o.http.limits.connections, 6U);
  EXPECT_EQ(o.http.limits.connections_per_address, 7U);
  EXPECT_EQ(o.http.limits.header_bytes, 8U * 1024);
  EXPECT_EQ(o.http.limits.body_bytes, 9U * 1024);
  EXPECT_EQ(o.http.limits.responses_bytes, 2U * 1024 * 1024);
  EXPECT_EQ(o.http.limits.header_time, 10s);
  EXPECT_EQ(o.http.limits.body_time, 11s);
  EXPECT_EQ(o.http.limits.write_time, 12s);
  EXPECT_EQ(o.http.limits.idle_time, 13s);
  EXPECT_EQ(o.http.limits.answer_time, 18s);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
