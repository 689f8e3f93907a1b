// From the constructor of a Monitor, with all its measurements, to its first answered scrape.
#include <chrono>
#include <stdexcept>
#include <thread>

#include <kymo/bench/run.h>
#include <kymo/monitor/monitor.h>
#include <kymo/net/http_client.h>

namespace kymo::KYMO_ABI::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// A machine that takes longer has other problems.
constexpr auto kPatience = std::chrono::seconds(10);

void wait_until_ready(const Monitor& monitor) {
  const auto deadline = Clock::now() + kPatience;
  while (!monitor.ready()) {
    if (Clock::now() > deadline) throw std::runtime_error("a Monitor did not serve within 10 s on 127.0.0.1");
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

double first_scrape_ms() {
  MonitorOptions options;
  options.listen = "127.0.0.1:0";
  const auto begin = Clock::now();
  const Monitor monitor(options);
  wait_until_ready(monitor);
  net::HttpClient client(net::ClientUrl::parse(monitor.url()), {});
  const net::HttpAnswer answer = client.get("/metrics");
  const std::chrono::duration<double, std::milli> taken = Clock::now() - begin;
  if (answer.status != 200)
    throw std::runtime_error("a Monitor answered its first scrape with " + std::to_string(answer.status));
  return taken.count();
}

}  // namespace

void startup_figures(const Effort& effort, const Told& told) {
  const auto turns = turns_of(effort, {first_scrape_ms});
  told(figure_of("start to the first scrape", "ms", turns[0]));
}

}  // namespace kymo::KYMO_ABI::bench
