#include "src/monitor/access_token.h"

#include <gtest/gtest.h>

#include "tests/monitor/temporary_file.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

TEST(AccessToken, IsOfLettersDigitsAndAFewSigns) {
  EXPECT_FALSE(token_fault("0123456789abcdef"));
  EXPECT_FALSE(token_fault("AZaz09-._~+/==AZ"));
  EXPECT_FALSE(token_fault(std::string(512, 'x')));
  EXPECT_TRUE(token_fault(""));
  EXPECT_TRUE(token_fault("0123456789abcde"));
  EXPECT_TRUE(token_fault(std::string(513, 'x')));
  for (const char* wrong : {"0123456789abcde;", "0123456789abcde ", "0123456789abcde\"", "0123456789abcde\n",
                            "0123456789abcdé"}) {
    const auto fault = token_fault(wrong);
    ASSERT_TRUE(fault) << wrong;
    EXPECT_EQ(fault->find("0123456789"), std::string::npos) << "a secret is not repeated";
  }
}

TEST(AccessToken, IsReadFromAFileWithoutItsEndOfLine) {
  const TemporaryDirectory directory;
  const auto token = read_token_file(directory.write("token", "\n  0123456789abcdef\r\n"));
  ASSERT_TRUE(std::holds_alternative<std::string>(token));
  EXPECT_EQ(std::get<std::string>(token), "0123456789abcdef");
  EXPECT_TRUE(std::holds_alternative<TokenError>(read_token_file(directory.write("empty", ""))));
  EXPECT_TRUE(std::holds_alternative<TokenError>(read_token_file("/nonexistent/token")));
  EXPECT_TRUE(std::holds_alternative<TokenError>(read_token_file("/dev/zero")));
}

TEST(AccessToken, IsAskedWhereOtherMachinesReachTheAddress) {
  for (const char* own : {"127.0.0.1:0", "127.1.2.3:0", "[::1]:0", "localhost:0"}) {
    EXPECT_FALSE(access_fault({.listen = own})) << own;
  }
  for (const char* open : {"0.0.0.0:0", "[::]:0", "10.0.0.1:0", "metrics.example:80"}) {
    EXPECT_TRUE(access_fault({.listen = open})) << open;
    EXPECT_FALSE(access_fault({.listen = open, .access = {.token = "0123456789abcdef"}})) << open;
    EXPECT_FALSE(access_fault({.listen = open, .access = {.insecure = true}})) << open;
    EXPECT_TRUE(access_fault({.listen = open, .access = {.token = "short", .insecure = true}})) << open;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
