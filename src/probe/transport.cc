#include "transport.h"

#include <cerrno>
#include <system_error>

namespace kymo::KYMO_ABI::probe {

std::unique_ptr<Transport> make_transport(const TransportParts& parts) {
  switch (parts.target.kind) {
    case ProbeKind::tcp: return make_tcp_transport(parts);
    case ProbeKind::icmp: return make_icmp_transport(parts);
    case ProbeKind::websocket: return make_websocket_transport(parts);
    case ProbeKind::dns: return make_dns_transport(parts);
    case ProbeKind::http:
    case ProbeKind::https:
    case ProbeKind::tls: return make_request_transport(parts);
    case ProbeKind::udp: break;
  }
  return make_udp_transport(parts);
}

bool finds_address_itself(ProbeKind kind) noexcept {
  return kind == ProbeKind::http || kind == ProbeKind::https || kind == ProbeKind::tls;
}

std::string authority_of(const Target& target, std::uint16_t usual_port) {
  const std::string host(net::without_zone(target.host));
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (target.port != usual_port) text += ":" + std::to_string(target.port);
  return text;
}

void tell_socket_error(TransportEvents& events, std::uint64_t sequence, int error) {
  const bool is_own = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  is_own ? events.on_unsent(sequence, error_text(error)) : events.on_failure(sequence, error_text(error));
}

std::string error_text(int error) {
  switch (error) {
    case ECONNREFUSED: return "connection refused: nothing listens there";
    case EHOSTUNREACH: return "no route to that host";
    case ENETUNREACH: return "that network cannot be reached from here";
    case ETIMEDOUT: return "no answer";
    case ECONNRESET: return "the connection was reset";
    case EMFILE: return "this process has no file descriptor left; see ulimit -n";
    case EPERM: return "a firewall of this machine blocks it";
    default: return std::generic_category().message(error);
  }
}

}  // namespace kymo::KYMO_ABI::probe
