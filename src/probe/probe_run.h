#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <kymo/probe/prober.h>

#include "host_address.h"
#include "rate_limit.h"
#include "sequence_account.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {

/// State that all targets of a Prober share; outlives the runs.
struct ProbeContext {
  boost::asio::io_context& io;
  ProberOptions options;
  RateLimit::Rate rate;
  RateLimit limit = {};
  SocketBudget sockets{SocketBudget::most_of_process()};
  std::atomic<std::uint64_t> unsent{0};  // read by any thread
  std::minstd_rand chance{std::random_device{}()};
};

/// The probes of one target: their times and their outcomes. Threads: that of the io_context.
class ProbeRun final : public std::enable_shared_from_this<ProbeRun>, private TransportEvents {
 public:
  ProbeRun(ProbeContext& context, std::string id, Target target, ProbeOptions options);

  void begin();
  /// Stops all activity.
  void close();

  [[nodiscard]] const ProbeCounts& counts() const noexcept { return account_.counts(); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  void on_answer(const Answer& answer) override;
  void on_failure(std::uint64_t sequence, const std::string& reason) override;
  void on_limit(std::uint64_t sequence, const std::string& which) override;
  void on_unsent(std::uint64_t sequence, const std::string& reason) override;
  void on_trouble(const std::string& reason) override;
  void on_stray() override;

  void probe_at(Time time);
  void try_probe();
  void probe_now();
  [[nodiscard]] bool is_ready(Time now);
  void prepare(Time now);
  void send(Time now, bool is_ready);
  void schedule_next(Time now);
  void expire_at(Time time);
  void expire_due();
  void lose(std::uint64_t sequence, const std::string& reason);
  [[nodiscard]] bool is_near(std::uint64_t sequence, Time time);
  [[nodiscard]] std::string trouble_of(std::uint64_t sequence);
  [[nodiscard]] std::string reason_for(std::uint64_t sequence);
  void tell_limited(std::uint64_t sequence, const std::string& reason);
  void tell(ProbeResult result);

  ProbeContext& context_;
  std::string id_;
  Target target_;
  ProbeOptions options_;
  SequenceAccount account_;
  std::size_t remembered_;
  HostAddress host_;
  unsigned known_changes_ = 0;
  std::unique_ptr<Transport> transport_;
  Time heard_;  // the last answer, or the transport's creation
  boost::asio::steady_timer next_timer_;
  boost::asio::steady_timer expiry_timer_;
  Time due_;
  std::optional<Time> unready_since_;
  bool has_turn_ = false;  // granted by the limit on all targets
  bool is_expiry_set_ = false;
  bool is_closed_ = false;
  bool added_peer_ = false;
  unsigned losses_in_a_row_ = 0;
  std::string trouble_;  // the last
  Time trouble_at_;
  std::string limit_;  // the limit in the responder's last notice
  Time limited_;       // time of that notice
};

}  // namespace kymo::KYMO_ABI::probe
