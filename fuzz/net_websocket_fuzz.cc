// Frames of a WebSocket's client, its offers of permessage-deflate, and the addresses that proxies give for
// it. Frames read whole and in pieces must give the same verdict, because TCP may cut them anywhere.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/net/network.h>

#include "net/frame_watch.h"
#include "net/trusted_proxies.h"
#include "net/websocket_handshake.h"

namespace {

namespace net = kymo::net;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Reading {
  int verdict = 0;
  std::uint64_t ended = 0;
  bool in_message = false;

  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read(std::string_view bytes, std::size_t piece) {
  net::FrameWatch watch;
  for (std::size_t i = 0; i < bytes.size() && !watch.verdict(); i += piece) {
    const std::string_view part = bytes.substr(i, piece);
    require(watch.take(part) <= part.size());
  }
  const auto verdict = watch.verdict();
  return {.verdict = verdict ? static_cast<int>(*verdict) : 0,
          .ended = watch.ended(),
          .in_message = watch.is_in_message()};
}

void check_frames(std::string_view bytes) {
  const Reading whole = read(bytes, bytes.empty() ? 1 : bytes.size());
  for (const std::size_t piece : {1U, 3U, 64U}) require(read(bytes, piece) == whole);
}

std::string offer_in(std::string_view list) {
  net::RequestHead head;
  head.fields.emplace_back("Sec-WebSocket-Extensions", list);
  return net::deflate_offer(head);
}

/// A granted offer reads back as the same.
void check_offers(std::string_view list) {
  const std::string offer = offer_in(list);
  require(offer_in(offer) == offer);
}

void check_forwarded(std::string_view list) {
  static const std::vector<net::Network> kTrusted = {net::Network::parse("127.0.0.0/8")};
  const net::TrustedProxies proxies(kTrusted);
  const net::Peer proxy = net::describe_peer(net::parse_ip_address("127.0.0.1").value(), 1);
  const net::Peer client = proxies.client_of(proxy, list);
  require(client.text.find(':') != std::string::npos);
  require(proxies.client_of(client, "").text == client.text);
}

void check_network(std::string_view text) {
  try {
    const net::Network network = net::Network::parse(text);
    const auto address = net::parse_ip_address(text.substr(0, text.find('/')));
    require(address && network.contains(*address));
  } catch (const std::invalid_argument&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_frames(bytes);
  check_offers(bytes);
  check_forwarded(bytes);
  check_network(bytes);
  return 0;
}
