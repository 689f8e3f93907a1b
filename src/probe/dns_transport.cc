#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include <kymo/base/file_descriptor.h>

#include "datagram.h"
#include "dns_message.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

/// Without EDNS a resolver accepts 512 bytes; larger answers are received too.
constexpr std::size_t kMostDatagramBytes = 4096;
/// Limit of queries in flight, each with a socket.
constexpr std::size_t kMostQueries = 64;
/// Lost queries of a target that still wait for late answers. Few: 256 silent servers must leave enough of
/// this process' usual 1024 descriptors.
constexpr std::size_t kKeptLost = 2;

class DnsTransport final : public Transport {
 public:
  explicit DnsTransport(const TransportParts& parts)
      : parts_(parts), question_(DnsQuestion::parse(parts.target.path)) {}
  DnsTransport(const DnsTransport&) = delete;
  DnsTransport& operator=(const DnsTransport&) = delete;
  ~DnsTransport() override { *is_there_ = false; }

  void send(std::uint64_t sequence) override {
    forget_answered();
    if (queries_.size() >= kMostQueries + lost_.size())
      return parts_.events.on_unsent(sequence, "64 queries wait for an answer already; probe less often");
    SocketBudget::Place place = parts_.sockets.take();
    if (place == nullptr) return parts_.events.on_unsent(sequence, parts_.sockets.reason());
    // A new port and id for each query make both hard to guess (RFC 5452).
    base::FileDescriptor fd(
        ::socket(parts_.address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || ::connect(fd.get(), parts_.address.get(), parts_.address.length) != 0)
      return tell_socket_error(parts_.events, sequence, errno);
    note_arrivals(fd.get());
    const auto id = static_cast<std::uint16_t>(std::random_device{}());
    const auto query = write_dns_query(id, question_);
    if (::send(fd.get(), query.data(), query.size(), MSG_NOSIGNAL) < 0)
      return parts_.events.on_failure(sequence, dns_error_text(errno));
    Query& kept = queries_[sequence];
    kept.id = id;
    kept.place = std::move(place);
    kept.watch.emplace(parts_.io, std::move(fd), [this, sequence, &kept] { receive(sequence, kept); });
  }

  void give_up(std::uint64_t sequence) override {
    const auto found = queries_.find(sequence);
    if (found == queries_.end() || found->second.is_answered) return;
    if (parts_.sockets.is_tight()) return forget_soon(sequence);
    lost_.push_back(sequence);
    if (lost_.size() > kKeptLost) forget_soon(lost_.front());
  }

  void drain() override {
    for (auto& [sequence, query] : queries_) receive(sequence, query);
  }

 private:
  struct Query {
    std::uint16_t id = 0;
    bool is_answered = false;
    SocketBudget::Place place;
    std::optional<ReadWatch> watch;
  };

  static std::string dns_error_text(int error) {
    return error == ECONNREFUSED ? "no DNS server at this port" : error_text(error);
  }

  /// Answered queries are kept until here, to receive duplicate answers.
  void forget_answered() {
    std::erase_if(queries_, [](const auto& entry) { return entry.second.is_answered; });
  }

  /// Deferred, because a watch must not be destroyed in its own call.
  void forget_soon(std::uint64_t sequence) {
    std::erase(lost_, sequence);
    boost::asio::post(parts_.io, [this, sequence, is_there = is_there_] {
      if (*is_there) queries_.erase(sequence);
    });
  }

  void receive(std::uint64_t sequence, Query& query) {
    receive_all(
        query.watch->fd(), buffer_,
        [&](const Datagram& datagram) {
          const auto head = read_dns_answer(std::span(buffer_).first(datagram.bytes), question_);
          if (!head || head->id != query.id) return parts_.events.on_stray();
          if (!std::exchange(query.is_answered, true)) {
            std::erase(lost_, sequence);
            if (parts_.sockets.is_tight()) forget_soon(sequence);
          }
          Answer answer;
          answer.sequence = sequence;
          answer.arrived = datagram.arrived;
          answer.details.emplace();
          answer.details->dns_code = head->code;
          answer.details->dns_answers = head->answers;
          answer.details->is_truncated = head->is_truncated;
          parts_.events.on_answer(answer);
        },
        [&](int error) { parts_.events.on_trouble(dns_error_text(error)); });
  }

  TransportParts parts_;
  DnsQuestion question_;
  std::map<std::uint64_t, Query> queries_;
  std::deque<std::uint64_t> lost_;  // lost ones of them, the oldest first
  std::array<std::byte, kMostDatagramBytes> buffer_{};
  std::shared_ptr<bool> is_there_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Transport> make_dns_transport(const TransportParts& parts) {
  return std::make_unique<DnsTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
