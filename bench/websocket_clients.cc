// The clients of bench/websocket: one thread, epoll, any number of live connections. Says when all have a
// full frame; measures from the first line on its standard input to the second, and prints what it saw.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
/// Handshakes that are under way at once.
constexpr std::size_t kWave = 100;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A text frame with a mask of zeros.
std::string text_frame(std::string_view text) {
  std::string frame = {'\x81', static_cast<char>(0x80U | text.size()), 0, 0, 0, 0};
  return frame.append(text);
}

struct Seen {
  std::vector<float> delays_ms;
  std::uint64_t missed = 0;
  std::uint64_t closed = 0;
  std::uint64_t bytes = 0;
};

/// Bytes of a frame's head, and of its payload; nothing yet: 0.
struct FrameSize {
  std::size_t head = 0;
  std::size_t payload = 0;
};
FrameSize frame_size(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t code = at(1) & 0x7FU;
  const std::size_t extra = code == 126 ? 2 : code == 127 ? 8 : 0;
  if (bytes.size() < 2 + extra) return {};
  std::size_t payload = extra == 0 ? code : 0;
  for (std::size_t i = 0; i < extra; ++i) payload = payload << 8U | at(2 + i);
  return {2 + extra, payload};
}

class Client final {
 public:
  Client(std::uint16_t port, int receive_buffer) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (socket_ < 0) fail("socket");
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
    constexpr std::string_view kHandshake =
        "GET /ws/metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    write(kHandshake);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] int socket() const noexcept { return socket_; }
  [[nodiscard]] bool has_full() const noexcept { return has_full_; }

  /// False at the end of the connection.
  bool read(Seen& seen, bool measuring) {
    static std::array<char, kReadBytes> bytes;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    seen.bytes += static_cast<std::uint64_t>(size);
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    std::string_view rest = buffer_;
    if (!upgraded_) take_handshake(rest);
    while (upgraded_) {
      const FrameSize next = frame_size(rest);
      if (next.head == 0 || rest.size() < next.head + next.payload) break;
      take_frame(rest.substr(0, 1).front(), rest.substr(next.head, next.payload), seen, measuring);
      rest.remove_prefix(next.head + next.payload);
    }
    buffer_.erase(0, buffer_.size() - rest.size());
    if (buffer_.empty()) buffer_.shrink_to_fit();
    return true;
  }

 private:
  void write(std::string_view bytes) const {
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      fail("send");
  }
  void take_handshake(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    if (!rest.starts_with("HTTP/1.1 101")) fail("the handshake was refused");
    rest.remove_prefix(end + 4);
    upgraded_ = true;
    write(text_frame(R"({"type":"subscribe"})"));
  }
  void take_frame(char first, std::string_view payload, Seen& seen, bool measuring) {
    if (first == '\x89') write(std::string("\x8A\x80\0\0\0\0", 6));
    const bool is_delta = payload.starts_with(R"({"type":"delta")");
    if (!is_delta && !payload.starts_with(R"({"type":"full")")) return;
    has_full_ = true;
    const std::uint64_t seq = std::strtoull(payload.data() + payload.find("\"seq\":") + 6, nullptr, 10);
    if (is_delta && measuring) {
      seen.missed += seq - seq_ - 1;
      const std::size_t values = payload.find("\"values\":[[0,");
      const double taken = std::strtod(payload.data() + values + 13, nullptr);
      seen.delays_ms.push_back(static_cast<float>(1e3 * (now_seconds() - taken)));
    }
    seq_ = seq;
  }

  int socket_;
  bool upgraded_ = false;
  bool has_full_ = false;
  std::uint64_t seq_ = 0;
  std::string buffer_;
};

class Crowd final {
 public:
  Crowd(std::uint16_t port, std::size_t size, int receive_buffer) : epoll_(::epoll_create1(0)) {
    if (epoll_ < 0) fail("epoll_create1");
    watch(STDIN_FILENO, nullptr);
    while (clients_.size() < size) {
      for (std::size_t i = 0; i < kWave && clients_.size() < size; ++i) {
        clients_.push_back(std::make_unique<Client>(port, receive_buffer));
        watch(clients_.back()->socket(), clients_.back().get());
      }
      while (!std::all_of(clients_.begin(), clients_.end(),
                          [](const auto& client) { return client->has_full(); })) {
        poll();
      }
    }
  }

  /// Serves the connections until a line comes.
  void run_to_line() {
    line_ = false;
    while (!line_) poll();
  }
  void measure() {
    seen_ = {};
    measuring_ = true;
  }
  Seen& seen() { return seen_; }

 private:
  void watch(int fd, Client* client) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = client;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
  void poll() {
    std::array<epoll_event, 256> events{};
    // Clients of a real server are on other machines. Here the system would wake a sleeping process within
    // the server's own call, message by message, and charge the server for it.
    const int longest_ms = measuring_ ? 0 : 1000;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), longest_ms);
    for (int i = 0; i < count; ++i) {
      auto* const client = static_cast<Client*>(events.at(static_cast<std::size_t>(i)).data.ptr);
      if (client == nullptr) {
        std::array<char, 64> ignored{};
        if (::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) std::exit(0);
        line_ = true;
      } else if (!client->read(seen_, measuring_)) {
        ++seen_.closed;
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, client->socket(), nullptr);
        ::close(client->socket());
      }
    }
  }

  int epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
  Seen seen_;
  bool line_ = false;
  bool measuring_ = false;
};

float quantile(std::vector<float>& values, double q) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: websocket_clients PORT CLIENTS [RECEIVE_BUFFER]\n", stderr);
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Crowd crowd(static_cast<std::uint16_t>(kymo::bench::number_of(argv[1])),
              static_cast<std::size_t>(kymo::bench::number_of(argv[2])),
              argc > 3 ? kymo::bench::number_of(argv[3]) : 0);
  std::puts("ready");
  std::fflush(stdout);
  crowd.run_to_line();
  crowd.measure();
  crowd.run_to_line();
  Seen& seen = crowd.seen();
  std::printf(
      R"({"frames":%zu,"missed":%lu,"closed":%lu,"bytes":%lu,"p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f})"
      "\n",
      seen.delays_ms.size(), seen.missed, seen.closed, seen.bytes, quantile(seen.delays_ms, 0.5),
      quantile(seen.delays_ms, 0.99), quantile(seen.delays_ms, 1));
}
