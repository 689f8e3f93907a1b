#include "probe_run.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

#include <kymo/peers/peer_table.h>

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr unsigned kDoubtAfter = 3;  // losses in a row
/// A socket keeps its local address; if that is gone, only a new socket helps.
constexpr auto kBeginAnewAfter = 30s;
/// Delay before the next check for a resolved name or a connection.
constexpr auto kLookAgain = 5ms;
constexpr double kJitter = 0.1;

ProbeOptions within_limits(ProbeOptions options) {
  options.interval = std::clamp<milliseconds>(options.interval, 1ms, 1h);
  options.timeout = std::clamp<milliseconds>(options.timeout, 1ms, 1min);
  return options;
}

/// Covers probes in flight, and lost ones for some time longer.
std::size_t probes_to_remember(const ProbeOptions& options) {
  const auto under_way = options.timeout / options.interval + 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(4 * under_way, 256, 16'384));
}

}  // namespace

ProbeRun::ProbeRun(ProbeContext& context, std::string id, Target target, ProbeOptions options)
    : context_(context),
      id_(std::move(id)),
      target_(std::move(target)),
      options_(within_limits(std::move(options))),
      account_(probes_to_remember(options_)),
      remembered_(probes_to_remember(options_)),
      host_(target_.host, target_.port),
      next_timer_(context.io),
      expiry_timer_(context.io) {}

void ProbeRun::begin() {
  if (context_.options.peers != nullptr)
    added_peer_ = context_.options.peers->add(id_, options_.name.empty() ? id_ : options_.name);
  due_ = steady_clock::now();
  probe_at(due_);
}

void ProbeRun::close() {
  if (std::exchange(is_closed_, true)) return;
  if (added_peer_) context_.options.peers->remove(id_);
  next_timer_.cancel();
  expiry_timer_.cancel();
  // The transport itself may be calling right now.
  boost::asio::post(context_.io, [self = shared_from_this()] { self->transport_.reset(); });
}

void ProbeRun::probe_at(Time time) {
  next_timer_.expires_at(time);
  next_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->is_closed_) self->try_probe();
  });
}

void ProbeRun::try_probe() try { probe_now(); } catch (const std::exception& error) {
  // A lack of memory or descriptors, which may pass.
  on_trouble(error.what());
  schedule_next(steady_clock::now());
}

void ProbeRun::probe_now() {
  const Time now = steady_clock::now();
  const bool ready = is_ready(now);
  // Wait for a name or a connection in progress; after the timeout every due probe is lost.
  if (!ready && now - *unready_since_ < options_.timeout) return probe_at(now + kLookAgain);
  if (!std::exchange(has_turn_, true)) {
    const auto wait = context_.limit.reserve(context_.rate, now);
    if (wait > RateLimit::Duration::zero()) return probe_at(now + wait);
  }
  has_turn_ = false;
  send(now, ready);
  if (!is_closed_) schedule_next(now);
}

bool ProbeRun::is_ready(Time now) {
  try {
    prepare(now);
  } catch (const std::exception& error) {
    // A lack of memory, threads or descriptors, which may pass.
    on_trouble(error.what());
  }
  const bool ready = transport_ && transport_->is_ready();
  if (ready) {
    unready_since_.reset();
  } else if (!unready_since_) {
    unready_since_ = now;
  }
  return ready;
}

void ProbeRun::prepare(Time now) {
  if (finds_address_itself(target_.kind)) {
    if (!transport_)
      transport_ = make_transport({context_.io, *this, context_.sockets, target_, {}, options_.bytes});
    return;
  }
  host_.refresh(now);
  const bool is_dead = transport_ && losses_in_a_row_ >= kDoubtAfter && now - heard_ > kBeginAnewAfter;
  if (host_.address() && (host_.changes() != known_changes_ || is_dead)) {
    transport_.reset();
    transport_ =
        make_transport({context_.io, *this, context_.sockets, target_, *host_.address(), options_.bytes});
    known_changes_ = host_.changes();
    heard_ = now;
  }
}

void ProbeRun::send(Time now, bool is_ready) {
  // Limits the probes in flight to the remembered ones.
  const auto oldest = account_.oldest();
  if (oldest && account_.counts().sent - oldest->sequence + 2 > remembered_)
    lose(oldest->sequence, trouble_of(oldest->sequence));
  if (is_closed_) return;
  // Before anything that may throw, so every numbered probe has an outcome.
  if (!is_expiry_set_) expire_at(now + options_.timeout);
  const std::uint64_t sequence = account_.send(steady_clock::now());
  if (!is_ready) {
    if (transport_) return on_failure(sequence, trouble_);
    // With an address, this process lacks a resource.
    return host_.address() ? on_unsent(sequence, trouble_) : on_failure(sequence, host_.trouble());
  }
  try {
    transport_->send(sequence);
  } catch (const std::exception& error) {
    on_unsent(sequence, error.what());
  }
}

void ProbeRun::schedule_next(Time now) {
  if (options_.count != 0 && account_.counts().sent >= options_.count) return;
  const double factor = 1 + std::uniform_real_distribution<>(-kJitter, kJitter)(context_.chance);
  due_ += nanoseconds(
      static_cast<std::int64_t>(factor * static_cast<double>(nanoseconds(options_.interval).count())));
  due_ = std::max(due_, now);  // missed probes are not sent later
  probe_at(due_);
}

void ProbeRun::expire_at(Time time) {
  is_expiry_set_ = true;
  expiry_timer_.expires_at(time);
  expiry_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->is_closed_) return;
    self->is_expiry_set_ = false;
    self->expire_due();
  });
}

void ProbeRun::expire_due() {
  // An answer that arrived in time but is still unread is no loss.
  if (transport_) transport_->drain();
  while (!is_closed_) {
    const auto oldest = account_.oldest();
    if (!oldest) return;
    if (oldest->sent + options_.timeout > steady_clock::now())
      return expire_at(oldest->sent + options_.timeout);
    lose(oldest->sequence, reason_for(oldest->sequence));
  }
}

/// The newest event counts: a probe is lost within its timeout, so the event cannot be much later.
bool ProbeRun::is_near(std::uint64_t sequence, Time time) {
  const auto sent = account_.sent_at(sequence);
  return sent && *sent - time < options_.timeout;
}

/// The trouble near the time of that probe, if any.
std::string ProbeRun::trouble_of(std::uint64_t sequence) {
  return !trouble_.empty() && is_near(sequence, trouble_at_) ? trouble_ : std::string();
}

std::string ProbeRun::reason_for(std::uint64_t sequence) {
  std::string trouble = trouble_of(sequence);
  if (!trouble.empty() || !transport_) return trouble;
  // A limit leaves some probes without a notice: those after the last one.
  if (!limit_.empty() && is_near(sequence, limited_)) return limit_;
  const std::string awaited = transport_->waits_for(sequence);
  return awaited.empty() ? awaited : awaited + " took longer than the timeout";
}

void ProbeRun::lose(std::uint64_t sequence, const std::string& reason) {
  if (!account_.lose(sequence)) return;
  if (transport_) transport_->give_up(sequence);
  if (++losses_in_a_row_ % kDoubtAfter == 0) host_.doubt();
  if (context_.options.peers != nullptr) context_.options.peers->record_timeout(id_);
  tell({.id = id_,
        .sequence = sequence,
        .outcome = ProbeOutcome::lost,
        .sent = {},
        .round_trip = {},
        .reordered = false,
        .ways = {},
        .reason = reason});
}

void ProbeRun::on_limit(std::uint64_t sequence, const std::string& which) {
  if (is_closed_ || !account_.limit(sequence)) return;
  // A target that refuses is up.
  losses_in_a_row_ = 0;
  heard_ = limited_ = steady_clock::now();
  limit_ = which;
  if (context_.options.peers != nullptr) context_.options.peers->record_limited(id_);
  tell_limited(sequence, which);
}

void ProbeRun::on_unsent(std::uint64_t sequence, const std::string& reason) {
  if (is_closed_ || !account_.limit(sequence)) return;
  // The peer received nothing, so nothing is recorded of it.
  context_.unsent.fetch_add(1, std::memory_order_relaxed);
  tell_limited(sequence, reason);
}

void ProbeRun::tell_limited(std::uint64_t sequence, const std::string& reason) {
  tell({.id = id_,
        .sequence = sequence,
        .outcome = ProbeOutcome::limited,
        .sent = {},
        .round_trip = {},
        .reordered = false,
        .ways = {},
        .reason = reason});
}

void ProbeRun::on_failure(std::uint64_t sequence, const std::string& reason) {
  if (!is_closed_) lose(sequence, reason);
}

void ProbeRun::on_trouble(const std::string& reason) {
  trouble_ = reason;
  trouble_at_ = steady_clock::now();
}

void ProbeRun::on_stray() { account_.count_stray(); }

void ProbeRun::on_answer(const Answer& answer) {
  if (is_closed_) return;
  // Too late by the kernel's clock, although this thread saw it before the timeout.
  const auto sent = account_.waiting_since(answer.sequence);
  if (sent && answer.arrived - *sent > options_.timeout) lose(answer.sequence, trouble_of(answer.sequence));
  if (is_closed_) return;
  const auto meaning = account_.answer(answer.sequence);
  if (!meaning) return;
  trouble_.clear();
  losses_in_a_row_ = 0;
  heard_ = std::max(heard_, answer.arrived);
  const nanoseconds whole = std::max<nanoseconds>(answer.arrived - meaning->sent, 0ns);
  const nanoseconds elsewhere = std::clamp<nanoseconds>(answer.in_responder, 0ns, whole);
  const nanoseconds round_trip = answer.round_trip.value_or(whole - elsewhere);
  if (meaning->outcome == ProbeOutcome::answered && context_.options.peers != nullptr)
    context_.options.peers->record_latency(id_, round_trip);
  tell({.id = id_,
        .sequence = answer.sequence,
        .outcome = meaning->outcome,
        .sent = {},
        .round_trip = round_trip,
        .reordered = meaning->reordered,
        .ways = answer.ways,
        .reason = {},
        .details = answer.details ? &*answer.details : nullptr});
}

void ProbeRun::tell(ProbeResult result) try {
  if (const auto sent = account_.sent_at(result.sequence)) {
    const auto ago = steady_clock::now() - *sent;
    result.sent = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(ago);
  }
  if (context_.options.on_result) context_.options.on_result(result);
} catch (...) {
  // An exception of a listener must not stop the measurement.
}

}  // namespace kymo::KYMO_ABI::probe
