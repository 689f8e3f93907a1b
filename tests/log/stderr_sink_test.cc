#include <kymo/log/stderr_sink.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {
namespace {

class Pipe final {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  [[nodiscard]] std::string read_all() const {
    std::string text(1 << 20, '\0');
    const ssize_t count = ::read(ends_[0], text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(DescriptorSink, WritesALine) {
  const Pipe pipe;
  Logger(descriptor_sink(pipe.writer(), Format::text)).info("hello", {{"a", 1}});
  EXPECT_TRUE(pipe.read_all().ends_with(" INFO  hello a=1\n"));
}

TEST(DescriptorSink, APipeThatNobodyEmptiesDoesNotStopTheCallerAndTheLossIsTold) {
  const Pipe pipe;
  const Logger logger(descriptor_sink(pipe.writer(), Format::text));
  const std::string filler(1000, 'x');
  for (int i = 0; i < 1000; ++i) logger.info(filler);
  const auto got = static_cast<int>(std::ranges::count(pipe.read_all(), '\n'));
  ASSERT_LT(got, 1000);
  logger.info("after");
  const std::string rest = pipe.read_all();
  EXPECT_NE(rest.find("log lines lost: nobody read standard error lines=" + std::to_string(1000 - got)),
            std::string::npos)
      << rest;
  EXPECT_NE(rest.find("after"), std::string::npos);
}

TEST(DescriptorSink, AReaderThatIsGoneEndsNothing) {
  Pipe pipe;
  pipe.close_reader();
  Logger(descriptor_sink(pipe.writer(), Format::json)).error("m");  // SIGPIPE would end this test
}

TEST(DescriptorSink, AClosedDescriptorEndsNothing) { Logger(descriptor_sink(-1, Format::json)).error("m"); }

TEST(DescriptorSink, LinesOfSeveralThreadsStayWhole) {
  const Pipe pipe;
  const Logger logger(descriptor_sink(pipe.writer(), Format::text));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) logger.info(std::string(100, static_cast<char>('a' + t)));
    });
  }
  for (auto& thread : threads) thread.join();
  std::string text = pipe.read_all();
  EXPECT_EQ(std::ranges::count(text, '\n'), 80);
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string message = text.substr(end - 100, 100);
    EXPECT_EQ(message, std::string(100, message[0]));
    start = end + 1;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
