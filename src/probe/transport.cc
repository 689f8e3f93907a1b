#include "transport.h"

#include <cerrno>
#include <system_error>

namespace kymo::probe {

std::unique_ptr<Transport> make_transport(const TransportParts& parts) {
  switch (parts.target.kind) {
    case ProbeKind::tcp: return make_tcp_transport(parts);
    case ProbeKind::icmp: return make_icmp_transport(parts);
    case ProbeKind::websocket: return make_websocket_transport(parts);
    case ProbeKind::udp: break;
  }
  return make_udp_transport(parts);
}

std::string error_text(int error) {
  switch (error) {
    case ECONNREFUSED: return "connection refused: nothing listens there";
    case EHOSTUNREACH: return "no route to that host";
    case ENETUNREACH: return "that network cannot be reached from here";
    case ETIMEDOUT: return "no answer";
    case ECONNRESET: return "the connection was reset";
    case EMFILE: return "this process has no file descriptor left; see ulimit -n";
    case EPERM: return "a firewall of this machine does not let it out";
    default: return std::generic_category().message(error);
  }
}

}  // namespace kymo::probe
