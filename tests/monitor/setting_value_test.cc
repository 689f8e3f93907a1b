#include "src/monitor/setting_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace kymo::KYMO_ABI::monitor {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr ValueDomain kDuration{SettingType::duration, 100, 3'600'000};
constexpr ValueDomain kInteger{SettingType::integer, 1, 64};
constexpr ValueDomain kSize{SettingType::size, 1024, 1 << 20};
constexpr ValueDomain kChoice{SettingType::choice, 0, 0, "text|json"};
constexpr ValueDomain kBoolean{SettingType::boolean};
constexpr ValueDomain kHosts{SettingType::host_list};
constexpr ValueDomain kEndpoint{SettingType::endpoint};

template <typename T>
T value(const ValueDomain& domain, std::string_view text) {
  const ParsedValue parsed = parse_value(domain, text);
  if (const auto* error = std::get_if<ValueError>(&parsed)) {
    ADD_FAILURE() << error->message;
    return {};
  }
  return std::get<T>(std::get<SettingValue>(parsed));
}

std::string error(const ValueDomain& domain, std::string_view text) {
  const ParsedValue parsed = parse_value(domain, text);
  const auto* error = std::get_if<ValueError>(&parsed);
  return error == nullptr ? "accepted" : error->message;
}

TEST(Duration, IsWholeNumbersWithUnitsFromTheLargestDown) {
  EXPECT_EQ(value<std::chrono::milliseconds>(kDuration, "500ms"), 500ms);
  EXPECT_EQ(value<std::chrono::milliseconds>(kDuration, " 1s "), 1s);
  EXPECT_EQ(value<std::chrono::milliseconds>(kDuration, "1m30s250ms"), 90s + 250ms);
  EXPECT_EQ(value<std::chrono::milliseconds>(kDuration, "1h"), 1h);
}

TEST(Duration, RefusesWithTheReasonAndTheRange) {
  EXPECT_EQ(error(kDuration, "5"), "\"5\" has no unit; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "1s5"), "\"1s5\" has no unit; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, ""), "\"\" is not a duration; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "1.5s"), "\"1.5s\" is not a duration; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "-1s"), "\"-1s\" is not a duration; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "1s1m"), "\"1s1m\" is not a duration; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "1s1s"), "\"1s1s\" is not a duration; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "99ms"), "\"99ms\" is too small; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "2h"), "\"2h\" is too large; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "9223372036854775807d"),
            "\"9223372036854775807d\" is too large; expected a duration from 100ms to 1h");
  EXPECT_EQ(error(kDuration, "106751991167d106751991167h"),
            "\"106751991167d106751991167h\" is too large; expected a duration from 100ms to 1h");
}

TEST(Integer, RefusesWithTheReasonAndTheRange) {
  EXPECT_EQ(value<std::int64_t>(kInteger, "64"), 64);
  EXPECT_EQ(error(kInteger, "0"), "\"0\" is too small; expected a number from 1 to 64");
  EXPECT_EQ(error(kInteger, "65"), "\"65\" is too large; expected a number from 1 to 64");
  EXPECT_EQ(error(kInteger, "two"), "\"two\" is not a whole number; expected a number from 1 to 64");
  EXPECT_EQ(error(kInteger, "1.0"), "\"1.0\" is not a whole number; expected a number from 1 to 64");
  EXPECT_EQ(error(kInteger, "-1"), "\"-1\" is not a whole number; expected a number from 1 to 64");
  EXPECT_EQ(error(kInteger, "99999999999999999999"),
            "\"99999999999999999999\" is not a whole number; expected a number from 1 to 64");
}

TEST(Size, TakesBinaryAndDecimalUnits) {
  EXPECT_EQ(value<std::int64_t>(kSize, "2048"), 2048);
  EXPECT_EQ(value<std::int64_t>(kSize, "16KiB"), 16384);
  EXPECT_EQ(value<std::int64_t>(kSize, "16 KB"), 16000);
  EXPECT_EQ(value<std::int64_t>(kSize, "1MiB"), 1 << 20);
  EXPECT_EQ(error(kSize, "1GiB"), "\"1GiB\" is too large; expected a size from 1KiB to 1MiB");
  EXPECT_EQ(error(kSize, "16kib"), "\"16kib\" is not a size; expected a size from 1KiB to 1MiB");
  EXPECT_EQ(error(kSize, "9223372036854775807GiB"),
            "\"9223372036854775807GiB\" is too large; expected a size from 1KiB to 1MiB");
}

TEST(Choice, NamesTheChoices) {
  EXPECT_EQ(value<std::string>(kChoice, "json"), "json");
  EXPECT_EQ(error(kChoice, "jsno"), "\"jsno\" is not one of the choices; expected one of text, json");
  EXPECT_EQ(error(kChoice, "text|json"),
            "\"text|json\" is not one of the choices; expected one of text, json");
}

TEST(Boolean, TakesTheUsualWordsInAnyCase) {
  for (const auto* word :
       {"true", "True", "TRUE", "tRuE", "yes", "Yes", "YES", "on", "On", "ON", "1", " True "}) {
    EXPECT_TRUE(value<bool>(kBoolean, word)) << word;
  }
  for (const auto* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "0"}) {
    EXPECT_FALSE(value<bool>(kBoolean, word)) << word;
  }
  for (const auto* word : {"", "2", "truee", "tru", "01", "-1", "t r u e"}) {
    EXPECT_THAT(error(kBoolean, word), testing::HasSubstr("is neither true nor false")) << word;
  }
  EXPECT_EQ(error(kBoolean, "maybe"), "\"maybe\" is neither true nor false; expected true or false");
}

TEST(HostList, IsSeparatedByCommas) {
  EXPECT_EQ(value<std::vector<std::string>>(kHosts, " a.example , b:9464 "),
            (std::vector<std::string>{"a.example", "b:9464"}));
  EXPECT_TRUE(value<std::vector<std::string>>(kHosts, "").empty());
  EXPECT_EQ(error(kHosts, "a,,b"), "\"\" is not a host name; expected host names, separated by commas");
  EXPECT_EQ(error(kHosts, "a b"), "\"a b\" is not a host name; expected host names, separated by commas");
  std::string many = "h";
  for (int i = 0; i < 64; ++i) many += ",h";
  EXPECT_EQ(error(kHosts, many), "has more than 64 items");
}

TEST(Networks, AreAddressesOrPrefixes) {
  constexpr ValueDomain kNetworks{SettingType::network_list};
  EXPECT_EQ(value<std::vector<std::string>>(kNetworks, "10.0.0.0/8, ::1"),
            (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_TRUE(value<std::vector<std::string>>(kNetworks, " ").empty());
  EXPECT_EQ(error(kNetworks, "10.0.0.0/8,proxy.example"),
            "\"proxy.example\" is no network: it begins with no IP address; write it as 10.0.0.0/8, "
            "2001:db8::/32 or 192.0.2.7");
}

TEST(Endpoint, SaysWhatIsMissing) {
  EXPECT_EQ(value<std::string>(kEndpoint, "127.0.0.1:0"), "127.0.0.1:0");
  EXPECT_NE(error(kEndpoint, "127.0.0.1").find("no port"), std::string::npos)
      << error(kEndpoint, "127.0.0.1");
}

TEST(Quote, KeepsAMessageOnOneLineAndShort) {
  EXPECT_EQ(quote("a\nb\x1b"), "\"a\\nb\\x1b\"");
  EXPECT_LE(quote(std::string(10'000, 'x')).size(), 100U);
}

RC_GTEST_PROP(ValueProperty, DurationsAreReadBackAsPrinted, ()) {
  const ValueDomain domain{SettingType::duration, 0, kMax};
  const SettingValue duration = std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, kMax));
  RC_ASSERT(std::get<SettingValue>(parse_value(domain, print_value(domain, duration))) == duration);
}

RC_GTEST_PROP(ValueProperty, SizesAreReadBackAsPrinted, ()) {
  const ValueDomain domain{SettingType::size, 0, kMax};
  const auto shift = *rc::gen::inRange(0, 40);
  const SettingValue size = (*rc::gen::inRange<std::int64_t>(0, 1 << 22)) << shift;
  RC_ASSERT(std::get<SettingValue>(parse_value(domain, print_value(domain, size))) == size);
}

RC_GTEST_PROP(ValueProperty, AnyTextIsReadOrRefusedInOneShortLine, (const std::string& text)) {
  for (const ValueDomain& domain : {kDuration, kInteger, kSize, kChoice, kBoolean, kHosts, kEndpoint}) {
    const ParsedValue parsed = parse_value(domain, text);
    if (const auto* failure = std::get_if<ValueError>(&parsed)) {
      RC_ASSERT(failure->message.find('\n') == std::string::npos);
    } else {
      const SettingValue& read = std::get<SettingValue>(parsed);
      RC_ASSERT(std::get<SettingValue>(parse_value(domain, print_value(domain, read))) == read);
    }
  }
}

TEST(OptionalEndpoint, MayBeNone) {
  EXPECT_EQ(value<std::string>({SettingType::optional_endpoint}, " "), "");
  EXPECT_EQ(value<std::string>({SettingType::optional_endpoint}, "[::1]:9465"), "[::1]:9465");
  EXPECT_NE(error({SettingType::optional_endpoint}, "9465").find("has no port"), std::string::npos);
}

TEST(ProbeList, IsNamesAndTargets) {
  constexpr ValueDomain kProbes{SettingType::probe_list};
  using List = std::vector<std::string>;
  EXPECT_EQ(value<List>(kProbes, ""), List());
  EXPECT_EQ(value<List>(kProbes, "a=udp://192.0.2.1, b=ws://b:80/?x=y"),
            (List{"a=udp://192.0.2.1", "b=ws://b:80/?x=y"}));
  EXPECT_EQ(value<List>(kProbes, "a=http://h/?q=1,2,b=3 ,c=dns://192.0.2.1/x"),
            (List{"a=http://h/?q=1,2,b=3", "c=dns://192.0.2.1/x"}))
      << "a comma may be a target's own";
  for (const char* wrong : {"udp://192.0.2.1", "=udp://192.0.2.1", "a b=udp://192.0.2.1"})
    EXPECT_NE(error(kProbes, wrong).find("has no name"), std::string::npos) << wrong;
  EXPECT_EQ(error(kProbes, "a=udp://a,a=udp://b"), "the name \"a\" is there twice; each target has its own");
  EXPECT_NE(error(kProbes, "a=gopher://a").find("\"gopher://a\" cannot be probed"), std::string::npos);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
