#include <string>

#include <gtest/gtest.h>

#include "src/net/websocket_handshake.h"

namespace kymo::KYMO_ABI::net {
namespace {

std::string granted(std::string list) {
  RequestHead head;
  head.fields.emplace_back("Sec-WebSocket-Extensions", std::move(list));
  return deflate_offer(head);
}

TEST(DeflateOffer, TheFirstThatCanBeGrantedIsTaken) {
  const std::string good = "permessage-deflate; client_max_window_bits=10";
  EXPECT_EQ(granted(good), good);
  EXPECT_EQ(granted("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(granted("x-other, " + good), good);
  EXPECT_EQ(granted("permessage-deflate, " + good), "permessage-deflate");
  for (const char* broken :
       {"unknown", "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=8",
        "server_max_window_bits=16", "server_max_window_bits=09", "server_max_window_bits=x",
        "server_max_window_bits=", "client_max_window_bits=", "client_max_window_bits=16",
        "client_max_window_bits=-9", "server_no_context_takeover=1",
        "client_no_context_takeover=", "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits=10", "; client_max_window_bits"}) {
    const std::string offer = "permessage-deflate; " + std::string(broken);
    EXPECT_EQ(granted(offer), "") << broken;
    EXPECT_EQ(granted(offer + ", " + good), good) << broken;
    EXPECT_EQ(granted(offer + "," + offer + " ,, " + good), good) << broken;
  }
}

TEST(DeflateOffer, EveryParameterMayBeAskedFor) {
  EXPECT_EQ(granted("Permessage-Deflate;server_no_context_takeover ;\tclient_no_context_takeover; "
                    "client_max_window_bits; server_max_window_bits = \"12\""),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=12; client_max_window_bits");
  EXPECT_EQ(granted("x; y=\"a, permessage-deflate; z\", permessage-deflate"), "permessage-deflate")
      << "a comma within quotes parts nothing";
  EXPECT_EQ(granted("x; y=\"\\\", permessage-deflate"), "") << "the quotes do not end";
  EXPECT_EQ(granted(""), "");
  EXPECT_EQ(granted("permessage-bzip2, permessage-deflated"), "");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
