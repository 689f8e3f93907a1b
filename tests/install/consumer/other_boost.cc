// A server with a Boost of its own, which it runs beside a Monitor: timers, sockets, errors, and threads that
// share one loop.

#include <kymo/monitor/monitor.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// The test reads the metrics page with this program's own sockets.
std::string page(asio::io_context& io, unsigned short port) {
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  asio::write(
      socket,
      asio::buffer(std::string("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));
  std::string text;
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(text), error);
  if (error != asio::error::eof) throw boost::system::system_error(error);
  return text;
}

/// Sends every line back.
class Echo final : public std::enable_shared_from_this<Echo> {
 public:
  explicit Echo(tcp::socket socket) : socket_(std::move(socket)) {}
  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(line_), '\n',
                           [self = shared_from_this()](auto error, std::size_t) {
                             if (!error) self->write();
                           });
  }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(line_), [self = shared_from_this()](auto error, std::size_t) {
      self->line_.clear();
      if (!error) self->read();
    });
  }
  tcp::socket socket_;
  std::string line_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](auto error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Echo>(std::move(socket))->read();
    accept(acceptor);
  });
}

bool catches_its_own_error(asio::io_context& io) {
  try {
    tcp::socket(io).connect({asio::ip::address_v4::loopback(), 1});
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::connection_refused;
  }
  return false;
}

}  // namespace

int main() {
  kymo::MonitorOptions options;
  options.listen = "127.0.0.1:0";
  kymo::Monitor monitor(options);
  kymo::Counter lines = monitor.registry().counter("lines", "Lines sent.");
  const std::string url = monitor.url();
  const auto port = static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));

  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  accept(acceptor);
  int ticks = 0;
  asio::steady_timer timer(io);
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::milliseconds(1));
    timer.async_wait([&](auto error) {
      if (!error && ++ticks < 100) tick();
    });
  };
  tick();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&io] { io.run(); });

  tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  std::string answers;
  for (int i = 0; i < 20; ++i) {
    asio::write(client, asio::buffer(std::string("line\n")));
    answers.erase(0, asio::read_until(client, asio::dynamic_buffer(answers), '\n'));
    lines.add();
    if (page(io, port).find("lines_total " + std::to_string(i + 1) + "\n") == std::string::npos) return 1;
  }
  if (!catches_its_own_error(io)) return 2;
  try {
    options.access.tls = {.certificate = "missing.crt", .key = "missing.key"};
    kymo::Monitor refused(options);
    return 3;
  } catch (const kymo::ConfigError&) {
  }
  client.close();
  asio::post(io, [&] { acceptor.close(); });
  for (std::thread& thread : threads) thread.join();
  std::cout << BOOST_VERSION / 100 % 1000 << ' ' << ticks << '\n';
}
