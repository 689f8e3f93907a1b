#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include <kymo/base/file_descriptor.h>
#include <kymo/peers/peer_table.h>
#include <kymo/probe/prober.h>

#include "src/probe/datagram.h"
#include "src/probe/transport.h"
#include "tests/net/server_fixture.h"
#include "tests/probe/echo_peer.h"
#include "tests/support/thread_creation.h"

namespace {

std::atomic<bool> has_no_threads = false;

}  // namespace

/// In front of the C library's: the system has no thread where a test says so.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto create = kymo::test::next_pthread_create();
  return has_no_threads ? EAGAIN : create(thread, attributes, run, argument);
}

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;
using test::count;
using test::EchoPeer;
using test::Results;
using testing::HasSubstr;

constexpr auto kPatient = std::chrono::milliseconds(60'000);

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

/// A port where connections are neither made nor refused: others wait in its queue, which is full.
class FullPort {
 public:
  FullPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address_), &length);
    ::listen(listener_.get(), 0);
    for (auto& one : waiting_) {
      one.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(one.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    }
  }

  [[nodiscard]] Target target(ProbeKind kind) const {
    return {kind, "127.0.0.1", ntohs(address_.sin_port), kind == ProbeKind::tcp ? "" : "/"};
  }

 private:
  base::FileDescriptor listener_;
  sockaddr_in address_{};
  std::array<base::FileDescriptor, 4> waiting_;
};

TEST(Prober, ASilentServerHoldsFewSockets) {
  const FullPort full;
  EchoPeer dns([](EchoMessage, const auto&) {});
  const std::string server = dns.target().to_string().substr(std::string("udp://").size());
  for (const auto& [target, most] :
       {std::pair(full.target(ProbeKind::tcp), 64), std::pair(full.target(ProbeKind::http), 16),
        std::pair(Target::parse("dns://" + server + "/x.example"), 64)}) {
    const auto before = open_descriptors();
    peers::PeerTable peers;
    Results results;
    Prober prober({.peers = &peers, .on_result = results.sink(), .probes_per_second = 1e6});
    prober.add("a", target, {.interval = 1ms, .timeout = kPatient, .count = 200});
    const auto beyond = static_cast<std::size_t>(200 - most);
    const auto all = results.wait_for(beyond);
    EXPECT_EQ(count(all, ProbeOutcome::limited), beyond) << target.to_string();
    EXPECT_THAT(all.at(0).reason, HasSubstr(std::to_string(most)));
    EXPECT_THAT(all.at(0).reason, HasSubstr("probe less often"));
    EXPECT_EQ(prober.unsent(), beyond);
    EXPECT_LT(open_descriptors() - before, most + 20);
    EXPECT_EQ(peers.find("a")->probes_sent, 0U) << "nothing is known of the path";
  }
}

TEST(Prober, AllTargetsTogetherLeaveTheProcessItsDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{std::min<rlim_t>(400, before.rlim_max), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const FullPort full;
  Results results;
  {
    Prober prober({.on_result = results.sink(), .probes_per_second = 1e6});
    for (const char* id : {"a", "b", "c"})
      prober.add(id, full.target(ProbeKind::tcp), {.interval = 1ms, .timeout = kPatient, .count = 60});
    const auto all = results.wait_for(80);
    EXPECT_EQ(count(all, ProbeOutcome::limited), 80U) << "of 180, there are 100 sockets";
    EXPECT_THAT(all.at(0).reason, HasSubstr("ulimit -n"));
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(SocketBudget, GivesPlacesBack) {
  std::optional<SocketBudget> budget(2);
  auto first = budget->take();
  EXPECT_FALSE(budget->is_tight());
  auto second = budget->take();
  EXPECT_TRUE(budget->is_tight());
  EXPECT_EQ(budget->take(), nullptr);
  EXPECT_THAT(budget->reason(), HasSubstr("all 2 sockets"));
  first.reset();
  EXPECT_NE(first = budget->take(), nullptr);
  budget.reset();  // places may outlive it
  first.reset();
}

TEST(Datagrams, AFloodIsReadInParts) {
  test::UdpSocket socket;
  std::array<std::byte, 1> buffer{};
  socket.send_to(socket.address(), buffer);
  int came = 0;
  receive_all(
      socket.fd(), buffer,
      [&](const Datagram&) {
        if (++came < 5000) socket.send_to(socket.address(), buffer);
      },
      [](int) {});
  EXPECT_EQ(came, 1024);
}

TEST(Prober, WithoutAThreadForNamesEachProbeEndsAllTheSame) {
  Results results;
  Prober prober({.on_result = results.sink(), .probes_per_second = 1e6});
  has_no_threads = true;
  for (const char* kind : {"http", "tcp", "udp"})
    prober.add(kind, Target::parse(std::string(kind) + "://host.invalid:80"),
               {.interval = 1ms, .timeout = 10ms, .count = 3});
  const auto all = results.wait_for(9);
  has_no_threads = false;
  ASSERT_EQ(all.size(), 9U);
  for (const auto& one : all)
    EXPECT_THAT(one.reason, HasSubstr("no thread could be made to resolve host.invalid on"));
  for (const char* kind : {"http", "tcp", "udp"}) EXPECT_EQ(prober.counts(kind)->sent, 3U);
}

TEST(Prober, ALossIsNotExplainedByWhatWasHeardLongBefore) {
  std::optional<test::UdpSocket> nobody(std::in_place);
  const sockaddr_in address = nobody->address();
  nobody.reset();
  Results results;
  Prober prober({.on_result = results.sink(), .probes_per_second = 1e6});
  prober.add("a", {ProbeKind::udp, "127.0.0.1", ntohs(address.sin_port), ""},
             {.interval = 20ms, .timeout = 100ms});
  EXPECT_THAT(results.wait_for(1)[0].reason, HasSubstr("no responder at this port"));
  const test::UdpSocket silent(&address);
  EXPECT_TRUE(net::test::eventually([&] { return results.wait_for(1).back().reason.empty(); }));
}

TEST(Prober, ASilentDnsServerHoldsFewSocketsForLateAnswers) {
  EchoPeer silent([](EchoMessage, const auto&) {});
  const auto before = open_descriptors();
  Results results;
  Prober prober({.on_result = results.sink(), .probes_per_second = 1e6});
  const std::string server = silent.target().to_string().substr(std::string("udp://").size());
  prober.add("a", Target::parse("dns://" + server + "/x.example"),
             {.interval = 20ms, .timeout = 20ms, .count = 30});
  EXPECT_EQ(count(results.wait_for(30), ProbeOutcome::lost), 30U);
  EXPECT_LT(open_descriptors() - before, 15);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
