#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <kymo/base/file_descriptor.h>

#include "raw_client.h"
#include "server_fixture.h"
#include "src/net/listening_socket.h"

namespace kymo::KYMO_ABI::net {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpResponse ok(const HttpRequest&) { return test::text_response("ok"); }

/// What a server has told, from whatever thread.
class Events {
 public:
  std::function<void(std::string_view)> listener() {
    return [this](std::string_view message) {
      const std::lock_guard lock(mutex_);
      messages_.emplace_back(message);
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  bool wait_for(std::size_t count) const {
    return eventually([&] { return all().size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
};

HttpServerOptions listening_on(std::string address, std::uint16_t port, Events& events) {
  HttpServerOptions options;
  options.listen = {std::move(address), port};
  options.retry_every = milliseconds(20);
  options.on_event = events.listener();
  return options;
}

TEST(HttpServerListen, WaitsForATakenPortAndSaysWhoHasIt) {
  auto taken = open_listener(parse_address("127.0.0.1", 0).value());
  auto& holder = std::get<base::FileDescriptor>(taken);
  const std::uint16_t port = local_port(holder.get());
  Events events;
  HttpServer server(listening_on("127.0.0.1", port, events), ok);
  server.start();
  ASSERT_TRUE(events.wait_for(1));
  EXPECT_FALSE(server.listening());
  const std::string place = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(events.all().front(),
            "cannot listen on " + place +
                ": address already in use by this same process; measuring goes on, trying again "
                "every 20 ms");
  holder.reset();
  ASSERT_TRUE(eventually([&] { return server.listening(); }));
  EXPECT_EQ(test::get(port, "/")->body, "ok");
  ASSERT_TRUE(events.wait_for(2));
  EXPECT_EQ(events.all(), (std::vector<std::string>{events.all().front(), "now listening on " + place}))
      << "told more than once";
}

TEST(HttpServerListen, NamesTheProcessThatHasThePort) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  auto taken = open_listener(parse_address("127.0.0.1", 0).value());
  auto& holder = std::get<base::FileDescriptor>(taken);
  const std::uint16_t port = local_port(holder.get());
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(pipe_ends[1]);
    (void)!::read(pipe_ends[0], &byte, 1);
    ::_exit(0);
  }
  ::close(pipe_ends[0]);
  holder.reset();  // now only the child's
  Events events;
  HttpServer server(listening_on("127.0.0.1", port, events), ok);
  server.start();
  ASSERT_TRUE(events.wait_for(1));
  EXPECT_THAT(events.all().front(), HasSubstr("already in use by process " + std::to_string(child) + " ("));
  ::close(pipe_ends[1]);
  EXPECT_TRUE(eventually([&] { return server.listening(); }));
}

TEST(HttpServerListen, TellsAChangedReasonOnce) {
  Events events;
  HttpServer server(listening_on("no-such-host.invalid", 1, events), ok);
  server.start();
  ASSERT_TRUE(events.wait_for(1));
  EXPECT_THAT(events.all().front(),
              StartsWith("cannot listen on no-such-host.invalid:1: the name cannot be resolved: "));
  server.stop();
  EXPECT_EQ(events.all().size(), 1U);
}

TEST(HttpServerListen, SaysThatAnAddressIsNotOfThisMachine) {
  Events events;
  HttpServer server(listening_on("192.0.2.1", 0, events), ok);
  server.start();
  ASSERT_TRUE(events.wait_for(1));
  EXPECT_THAT(events.all().front(), HasSubstr("this machine has no such address"));
}

TEST(HttpServerListen, ListensOnLocalhostAndOnV6) {
  Events events;
  HttpServer by_name(listening_on("localhost", 0, events), ok);
  by_name.start();
  EXPECT_TRUE(by_name.listening());
  EXPECT_EQ(test::get(by_name.endpoint().port, "/")->body, "ok");
  HttpServer v6(listening_on("::1", 0, events), ok);
  v6.start();
  EXPECT_TRUE(v6.listening() || events.wait_for(1));
}

TEST(HttpServerListen, ThrowsForAnAddressThatCanNeverBeOne) {
  for (const char* address : {"", "300.1.1.1", "a b", "::g", "1.2.3", "[::1]", "-x", "::1]:5,["}) {
    HttpServerOptions options;
    options.listen = {address, 0};
    HttpServer server(options, ok);
    EXPECT_THROW(server.start(), std::invalid_argument) << address;
    EXPECT_FALSE(server.listening());
  }
}

TEST(HttpServerListen, CanBeStartedAgain) {
  HttpServer server({}, ok);
  server.start();
  server.start();
  EXPECT_EQ(test::get(server.endpoint().port, "/")->body, "ok");
  server.stop();
  EXPECT_FALSE(server.listening());
  server.start();
  EXPECT_EQ(test::get(server.endpoint().port, "/")->body, "ok");
  EXPECT_EQ(server.statistics().requests, 2U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
