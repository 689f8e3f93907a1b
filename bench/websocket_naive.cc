// The peer of bench/websocket: a server as one writes it with Boost.Beast and Boost.JSON, which makes each
// client's message for that client. The same series, the same values in the message, one thread for all.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "arguments.h"
#include "websocket_subject.h"

namespace {

using namespace kymo;
using namespace kymo::bench;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace json = boost::json;
using Tcp = asio::ip::tcp;
using Error = boost::system::error_code;

std::string message(const Snapshot& snapshot, std::uint64_t seq, const char* type) {
  json::array values;
  for (const FamilySnapshot& family : snapshot.families) {
    for (std::size_t i = 0; i < family.size(); ++i) {
      values.push_back(json::array{values.size(), to_double(family.point(i).number)});
    }
  }
  const std::chrono::duration<double> time = snapshot.time.time_since_epoch();
  return json::serialize(
      json::object{{"type", type}, {"seq", seq}, {"time", time.count()}, {"values", std::move(values)}});
}

class Client final : public std::enable_shared_from_this<Client> {
 public:
  Client(Tcp::socket socket, std::set<std::shared_ptr<Client>>& all)
      : stream_(std::move(socket)), all_(all) {}

  void start() {
    stream_.async_accept([self = shared_from_this()](const Error& error) {
      if (error) return;
      self->all_.insert(self);
      self->read();
    });
  }
  void send(std::string text) {
    if (!text_.empty()) return;  // still at the one before
    text_ = std::move(text);
    stream_.async_write(asio::buffer(text_), [self = shared_from_this()](const Error& error, std::size_t) {
      self->text_.clear();
      if (error) self->all_.erase(self);
    });
  }
  [[nodiscard]] const char* next_type() { return std::exchange(has_full_, true) ? "delta" : "full"; }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](const Error& error, std::size_t) {
      self->buffer_.clear();
      if (error) {
        self->all_.erase(self);
      } else {
        self->read();
      }
    });
  }

  beast::websocket::stream<Tcp::socket> stream_;
  std::set<std::shared_ptr<Client>>& all_;
  beast::flat_buffer buffer_;
  std::string text_;
  bool has_full_ = false;
};

class Server final {
 public:
  explicit Server(int series) : subject_(series) {
    accept();
    tick();
    answer();
  }
  void run() {
    std::printf("%d\n", acceptor_.local_endpoint().port());
    std::fflush(stdout);
    io_.run();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const Error& error, Tcp::socket socket) {
      if (!error) std::make_shared<Client>(std::move(socket), clients_)->start();
      accept();
    });
  }
  void tick() {
    timer_.expires_at(timer_.expiry() + std::chrono::seconds(1));
    timer_.async_wait([this](const Error&) {
      const auto snapshot = subject_.snapshot();
      ++seq_;
      for (const auto& client : clients_) client->send(message(*snapshot, seq_, client->next_type()));
      tick();
    });
  }
  void answer() {
    asio::async_read_until(input_, line_, '\n', [this](const Error& error, std::size_t size) {
      if (error) {
        io_.stop();
        return;
      }
      line_.consume(size);
      std::printf(R"({"cpu_seconds":%.6f,"resident_bytes":%ld,"clients":%zu,"slow_closed":0,"encoded":0})"
                  "\n",
                  cpu_seconds(), resident_bytes(), clients_.size());
      std::fflush(stdout);
      answer();
    });
  }

  Subject subject_;
  asio::io_context io_{1};
  Tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  asio::steady_timer timer_{io_, std::chrono::steady_clock::now()};
  asio::posix::stream_descriptor input_{io_, ::dup(STDIN_FILENO)};
  asio::streambuf line_;
  std::set<std::shared_ptr<Client>> clients_;
  std::uint64_t seq_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Server(argc > 1 ? number_of(argv[1]) : 500).run();
}
