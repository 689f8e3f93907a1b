// Tests which texts are URLs of a server, and the message for all others.
#include <kymo/net/client_options.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

std::string read(std::string_view text) {
  try {
    return ClientUrl::parse(text).to_string();
  } catch (const ClientError& error) {
    EXPECT_EQ(error.kind(), ClientError::Kind::bad_address);
    return error.what();
  }
}

TEST(ClientUrl, ReadsWhatPeopleWrite) {
  EXPECT_EQ(read("http://127.0.0.1:9464"), "http://127.0.0.1:9464");
  EXPECT_EQ(read("http://127.0.0.1:9464/"), "http://127.0.0.1:9464");
  EXPECT_EQ(read("127.0.0.1:9464"), "http://127.0.0.1:9464");
  EXPECT_EQ(read("HTTPS://voice.example"), "https://voice.example:443");
  EXPECT_EQ(read("http://voice.example"), "http://voice.example:80");
  EXPECT_EQ(read("https://[::1]:9464/behind/proxy/"), "https://[::1]:9464/behind/proxy");
  EXPECT_EQ(ClientUrl::parse("http://[::1]:9464").host, "::1");
  EXPECT_EQ(ClientUrl::parse("http://[fe80::1%25lo]:9464").host, "fe80::1%lo") << "as Monitor::url() has it";
}

TEST(ClientUrl, KnowsThisMachine) {
  for (const char* url : {"localhost:1", "http://127.0.0.1", "127.8.9.10", "https://[::1]:9464"})
    EXPECT_TRUE(ClientUrl::parse(url).is_loopback()) << url;
  for (const char* url : {"127.evil.example", "10.0.0.1", "http://[::2]:1", "localhost.example"})
    EXPECT_FALSE(ClientUrl::parse(url).is_loopback()) << url;
}

TEST(ClientUrl, SaysWhatIsWrong) {
  const auto says = [](std::string_view text) { return testing::HasSubstr(std::string(text)); };
  EXPECT_THAT(read("ftp://a"), says("neither http nor https"));
  EXPECT_THAT(read("http://a:0"), says("port is no number from 1 to 65535"));
  EXPECT_THAT(read("http://a:99999"), says("port is no number from 1 to 65535"));
  EXPECT_THAT(read("http://a:"), says("port is no number from 1 to 65535"));
  EXPECT_THAT(read("http://[::1"), says("not closed"));
  EXPECT_THAT(read("http://[nobody]"), says("host is none"));
  EXPECT_THAT(read("http://"), says("host is none"));
  EXPECT_THAT(read("http://user@a"), says("a user's name"));
  EXPECT_THAT(read("http://a/?q"), says("a query"));
  EXPECT_THAT(read("http://a/\r\nHost: b"), says("a blank or a character"));
  EXPECT_THAT(read("http://" + std::string(5000, 'a')), says("too long"));
  EXPECT_THAT(read("http://a:x"), says("expected a URL such as http://127.0.0.1:9464"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
