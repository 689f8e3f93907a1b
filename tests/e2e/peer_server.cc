// A server for tests: a Monitor with peers and sessions of all kinds, as in a user's program.
//   peer_server SESSIONS_FILE
// The program prints its address, and runs until it is killed.
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include <kymo/monitor/monitor.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

namespace {

using namespace std::chrono_literals;

void fill(kymo::peers::PeerTable& peers, kymo::peers::SessionLog& sessions) {
  peers.add("anna", "Anna");
  peers.add("ben/1", "Ben");
  peers.add("never probed");
  peers.add("\xff\"<script>\n", "\xC3");
  sessions.end(sessions.start("game", "over", {"anna", "\xff\"<script>\n"}));
  sessions.start("game", "goes on", {"anna", "ben/1"});
  for (int i = 1; i <= 20; ++i) {
    peers.record_latency("anna", std::chrono::milliseconds(i));
    i % 2 == 0 ? peers.record_timeout("ben/1") : peers.record_latency("ben/1", 250ms);
  }
  peers.record_traffic("anna",
                       {.bytes_sent = 1, .bytes_received = 2, .packets_sent = 3, .packets_received = 4});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: peer_server SESSIONS_FILE\n";
    return 2;
  }
  kymo::peers::PeerTable peers;
  kymo::peers::SessionFile file(argv[1], [](std::string_view message) { std::cerr << message << std::endl; });
  kymo::peers::SessionLog sessions(peers, {.store = &file});
  fill(peers, sessions);
  sessions.flush();
  auto options = kymo::MonitorOptions::from_environment({{"listen", "127.0.0.1:0"}});
  options.peers = {.table = &peers, .sessions = &sessions};
  const kymo::Monitor monitor(options);
  std::cout << "metrics " << monitor.url() << std::endl;
  for (;;) std::this_thread::sleep_for(1h);
}
