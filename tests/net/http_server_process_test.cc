// Tests the effects of the server on its process: descriptors, signals, threads, fork. Each test runs in a
// child process, so its changes stay there.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw_client.h"
#include "server_fixture.h"
#include "tests/support/sanitizers.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace fs = std::filesystem;
using test::eventually;
using test::RawClient;
using test::start_server;
using test::text_response;

#if KYMO_ADDRESS_SANITIZER
/// UBSan, which is built in with it, opens a pipe to see whether an object's memory may be read, and takes a
/// failure for "no".
constexpr bool kSanitizerNeedsDescriptors = true;
#else
constexpr bool kSanitizerNeedsDescriptors = false;
#endif

HttpResponse ok(const HttpRequest&) { return text_response("ok"); }

/// Runs `body` in a child; true when it returned an empty string, which says what was wrong.
::testing::AssertionResult in_child(const std::function<std::string()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(100);
    const std::string wrong = body();
    if (!wrong.empty()) std::cerr << wrong << "\n";
    ::_exit(wrong.empty() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "wait status " << status;
}

/// The CPU time of this process in seconds.
double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// The descriptors an application could take: opened until there is none.
std::vector<int> take_all_descriptors() {
  std::vector<int> taken;
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  return taken;
}

constexpr rlim_t kFewDescriptors = 64;

/// What is open of the few descriptors. Asks without needing one, and by fcntl, since the thread sanitizer
/// takes an fstat of a descriptor that another thread closes for a data race.
struct OpenDescriptors {
  int all = 0;
  int writable = 0;  ///< sockets and epoll; what the test takes and the server's reserve are for reading
};

OpenDescriptors count_descriptors() {
  OpenDescriptors open;
  for (int fd = 0; fd < static_cast<int>(kFewDescriptors); ++fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) continue;
    ++open.all;
    if ((flags & O_ACCMODE) == O_RDWR) ++open.writable;
  }
  return open;
}

std::string run_out_of_descriptors() {
  const rlimit limit{kFewDescriptors, kFewDescriptors};
  const auto server = start_server(ok);
  const std::uint16_t port = server->endpoint().port;
  // The clients live in another process, so that only the server's side runs out.
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return "no pipe";
  ::setrlimit(RLIMIT_NOFILE, &limit);
  RawClient known(port);
  known.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  if (!known.read_response()) return "no answer before";
  RawClient refused(port);  // waits in the queue with its descriptor already had
  refused.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  if (!refused.read_response()) return "no answer on the second connection";
  RawClient late(port);
  if (!late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") || !late.read_response()) return "no third";
  const std::vector<int> taken = take_all_descriptors();
  // Frees one here, for a client; the server has none: its idle connections go first, then it refuses.
  const auto before = server->statistics();
  ::close(taken.back());
  RawClient newcomer(port);
  newcomer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto response = newcomer.read_response();
  if (!response || response->status != 200) return "no answer by way of an idle connection's place";
  if (server->statistics().connections_evicted != before.connections_evicted + 1)
    return "not one was evicted";
  if (!known.is_ended()) return "not the longest idle one was evicted";
  return "";
}

TEST(HttpServerProcess, AnswersWithoutAFreeDescriptor) {
  if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "UBSan needs descriptors";
  EXPECT_TRUE(in_child(run_out_of_descriptors));
}

std::string refuse_without_descriptors() {
  std::atomic<bool> go{false};
  std::atomic<int> entered{0};
  const auto server = start_server([&](const HttpRequest&) {
    ++entered;
    eventually([&] { return go.load(); });
    return text_response("ok");
  });
  const std::uint16_t port = server->endpoint().port;
  const rlimit limit{kFewDescriptors, kFewDescriptors};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  RawClient busy(port);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  if (!eventually([&] { return entered == 1; })) return "never entered";
  std::vector<int> taken = take_all_descriptors();
  const int writable = count_descriptors().writable;
  const auto has_reserve_again = [writable] {
    const OpenDescriptors open = count_descriptors();
    return open.all == static_cast<int>(kFewDescriptors) && open.writable == writable + 1;
  };
  const double cpu_before = cpu_seconds();
  for (int i = 0; i < 10; ++i) {
    ::close(taken.back());
    taken.pop_back();
    RawClient client(port);
    const std::string answer = client.read_to_end();
    if (answer.find("HTTP/1.1 503 ") != 0) return "not 503 but: " + answer;
    // The server says goodbye, closes, and only then opens its reserve again: what is taken sooner is the
    // reserve, and the next client is served instead of refused.
    if (!eventually(has_reserve_again)) return "the server did not take its reserve back";
    taken.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  if (server->statistics().connections_refused != 10) return "refusals not counted";
  // With nothing coming in it must sleep, not spin.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  if (cpu_seconds() - cpu_before > 0.4) return "spins";
  for (const int fd : taken) ::close(fd);
  go = true;
  if (!busy.read_response()) return "lost the connection at work";
  if (test::get(port, "/")->status != 200) return "did not recover";
  return "";
}

TEST(HttpServerProcess, RefusesWithoutADescriptorAndRecovers) {
  if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "UBSan needs descriptors";
  EXPECT_TRUE(in_child(refuse_without_descriptors));
}

std::set<int> open_descriptors() {
  std::set<int> open;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    open.insert(std::stoi(entry.path().filename().string()));
  }
  return open;
}

TEST(HttpServerProcess, LeavesNoDescriptorToAProgramItStarts) {
  const std::set<int> before = open_descriptors();
  const auto server = start_server(ok);
  RawClient client(server->endpoint().port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.read_response());
  int looked_at = 0;
  for (const int fd : open_descriptors()) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (before.contains(fd) || flags < 0) continue;
    EXPECT_TRUE((flags & FD_CLOEXEC) != 0) << fd;
    ++looked_at;
  }
  EXPECT_GE(looked_at, 5) << "listener, connection and its client, reserve, epoll";
}

/// The names and signal masks of the server's threads.
std::map<std::string, std::uint64_t> server_threads() {
  std::map<std::string, std::uint64_t> threads;
  for (const auto& entry : fs::directory_iterator("/proc/self/task")) {
    std::ifstream comm(entry.path() / "comm");
    std::string name;
    std::getline(comm, name);
    if (!name.starts_with("kymo-net-")) continue;
    std::ifstream status(entry.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("SigBlk:")) threads[name] = std::stoull(line.substr(7), nullptr, 16);
    }
  }
  return threads;
}

TEST(HttpServerProcess, ItsThreadsHaveNamesAndTakeNoSignals) {
  const auto server = start_server(ok);
  ASSERT_TRUE(eventually([] { return server_threads().size() == 3; }));
  for (const auto& [name, blocked] : server_threads()) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM}) {
      EXPECT_TRUE((blocked >> (signal - 1) & 1U) != 0) << name << " takes signal " << signal;
    }
  }
}

TEST(HttpServerProcess, AForkedChildMayDestroyIt) {
  auto server = start_server(ok);
  EXPECT_TRUE(in_child([&]() -> std::string {
    server.reset();
    return "";
  }));
  EXPECT_EQ(test::get(server->endpoint().port, "/")->body, "ok");
}

TEST(HttpServerProcess, AClosedClientRaisesNoSignal) {
  EXPECT_TRUE(in_child([]() -> std::string {
    std::signal(SIGPIPE, SIG_DFL);
    const auto server =
        start_server([](const HttpRequest&) { return text_response(std::string(5'000'000, 'x')); });
    for (int i = 0; i < 50; ++i) {
      RawClient client(server->endpoint().port);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    return eventually([&] { return server->statistics().connections_open == 0; }) ? "" : "still open";
  }));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
