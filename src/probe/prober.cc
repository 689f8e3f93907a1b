#include <kymo/probe/prober.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <kymo/base/thread.h>
#include <kymo/net/resolve.h>

#include "probe_run.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

/// Size of a burst after a rest, in seconds of the rate.
constexpr double kPaceBurstSeconds = 0.05;

void check_permission(const Target& target) {
  if (target.kind != ProbeKind::icmp) return;
  const auto address = net::parse_address(target.host, 0);
  const std::string why = why_no_icmp(address ? address->storage.ss_family : AF_INET);
  if (!why.empty()) throw std::runtime_error(target.to_string() + ": " + why);
}

}  // namespace

class Prober::Impl final {
 public:
  explicit Impl(ProberOptions options)
      : context_{.io = io_, .options = std::move(options), .rate = {}}, work_(io_.get_executor()) {
    const double per_second = context_.options.probes_per_second;
    context_.rate = RateLimit::of_rate(per_second, per_second * kPaceBurstSeconds);
    thread_ = base::start_thread("kymo-probe", [this] { run(); });
    thread_id_ = thread_.get_id();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { stop(); }

  bool add(std::string_view id, const Target& target, const ProbeOptions& options) {
    check_permission(target);
    return on_loop(false, [&] {
      if (runs_.size() >= context_.options.max_targets || runs_.contains(id)) return false;
      const auto run = std::make_shared<ProbeRun>(context_, std::string(id), target, options);
      runs_.emplace(id, run);
      run->begin();
      return true;
    });
  }

  bool remove(std::string_view id) {
    return on_loop(false, [&] {
      const auto found = runs_.find(id);
      if (found == runs_.end()) return false;
      found->second->close();
      runs_.erase(found);
      return true;
    });
  }

  std::optional<ProbeCounts> counts(std::string_view id) {
    return on_loop(std::optional<ProbeCounts>(), [&]() -> std::optional<ProbeCounts> {
      const auto found = runs_.find(id);
      if (found == runs_.end()) return std::nullopt;
      return found->second->counts();
    });
  }

  [[nodiscard]] std::uint64_t unsent() const noexcept {
    return context_.unsent.load(std::memory_order_relaxed);
  }

  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_over_, true)) return;
    boost::asio::post(io_, [this] {
      for (const auto& [id, run] : runs_) run->close();
      runs_.clear();
      work_.reset();
    });
    thread_.join();
  }

 private:
  void run() noexcept {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (...) {
        // An error of one event, such as lack of memory; the next may succeed.
      }
    }
  }

  /// The result of `function`, called on the loop's thread, where all state is; `otherwise` if the loop has
  /// ended.
  template <class Function, class Value>
  Value on_loop(Value otherwise, Function function) {
    // Within on_result, this is the loop's thread already.
    if (std::this_thread::get_id() == thread_id_) return function();
    const std::lock_guard lock(mutex_);
    if (is_over_) return otherwise;
    std::packaged_task<Value()> task(std::move(function));
    auto value = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return value.get();
  }

  boost::asio::io_context io_{1};
  ProbeContext context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::map<std::string, std::shared_ptr<ProbeRun>, std::less<>> runs_;
  std::mutex mutex_;  // held by threads that wait for the loop, so that it does not end meanwhile
  bool is_over_ = false;
  std::thread thread_;
  std::thread::id thread_id_;
};

Prober::Prober(ProberOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Prober::~Prober() = default;
bool Prober::add(std::string_view id, const Target& target, const ProbeOptions& options) {
  return impl_->add(id, target, options);
}
bool Prober::remove(std::string_view id) { return impl_->remove(id); }
std::optional<ProbeCounts> Prober::counts(std::string_view id) const { return impl_->counts(id); }
std::uint64_t Prober::unsent() const noexcept { return impl_->unsent(); }
void Prober::stop() noexcept { impl_->stop(); }

}  // namespace kymo::KYMO_ABI::probe
