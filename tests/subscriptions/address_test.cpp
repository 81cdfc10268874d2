// Addresses against IANA's registries of special-purpose addresses (RFC 6890, RFC 8190 and what was added since): the
// first and the last of each block, and the neighbours that do not belong to it.

#include <gmock/gmock.h>

#include "millrace/subscriptions/sink.hpp"

namespace millrace::subscriptions {
namespace {

using testing::HasSubstr;

std::string kind_of(const std::string& text) {
  const auto address = parse_address(text);
  return address ? std::string(name_of(kind_of(*address))) : text + " is no address";
}

struct Row {
  const char* first;
  const char* last;
  const char* kind;
};

class Registry : public testing::TestWithParam<Row> {};

TEST_P(Registry, TheFirstAndTheLastOfTheBlock) {
  EXPECT_EQ(kind_of(GetParam().first), GetParam().kind) << GetParam().first;
  EXPECT_EQ(kind_of(GetParam().last), GetParam().kind) << GetParam().last;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc6890Ipv4, Registry,
    testing::Values(Row{"0.0.0.0", "0.255.255.255", "unspecified"}, Row{"10.0.0.0", "10.255.255.255", "private"},
                    Row{"100.64.0.0", "100.127.255.255", "shared"}, Row{"127.0.0.0", "127.255.255.255", "loopback"},
                    Row{"169.254.0.0", "169.254.255.255", "link-local"}, Row{"172.16.0.0", "172.31.255.255", "private"},
                    Row{"192.0.0.0", "192.0.0.8", "reserved"}, Row{"192.0.0.11", "192.0.0.255", "reserved"},
                    Row{"192.0.2.0", "192.0.2.255", "documentation"}, Row{"192.88.99.0", "192.88.99.255", "reserved"},
                    Row{"192.168.0.0", "192.168.255.255", "private"},
                    Row{"198.18.0.0", "198.19.255.255", "benchmarking"},
                    Row{"198.51.100.0", "198.51.100.255", "documentation"},
                    Row{"203.0.113.0", "203.0.113.255", "documentation"},
                    Row{"224.0.0.0", "239.255.255.255", "multicast"}, Row{"240.0.0.0", "255.255.255.255", "reserved"}));

INSTANTIATE_TEST_SUITE_P(
    Rfc6890Ipv4Global, Registry,
    testing::Values(Row{"1.0.0.0", "9.255.255.255", "global"}, Row{"11.0.0.0", "100.63.255.255", "global"},
                    Row{"100.128.0.0", "126.255.255.255", "global"}, Row{"128.0.0.0", "169.253.255.255", "global"},
                    Row{"169.255.0.0", "172.15.255.255", "global"}, Row{"172.32.0.0", "191.255.255.255", "global"},
                    Row{"192.0.0.9", "192.0.0.10", "global"}, Row{"192.0.3.0", "192.88.98.255", "global"},
                    Row{"192.31.196.0", "192.52.193.255", "global"}, Row{"192.169.0.0", "198.17.255.255", "global"},
                    Row{"198.20.0.0", "198.51.99.255", "global"}, Row{"203.0.114.0", "223.255.255.255", "global"}));

INSTANTIATE_TEST_SUITE_P(Rfc6890Ipv6, Registry,
                         testing::Values(Row{"::", "::", "unspecified"}, Row{"::1", "::1", "loopback"},
                                         Row{"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"100::", "100::ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"},
                                         Row{"2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
                                         Row{"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
                                         Row{"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
                                         Row{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique-local"},
                                         Row{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
                                         Row{"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"},
                                         Row{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"}));

INSTANTIATE_TEST_SUITE_P(
    Rfc6890Ipv6Global, Registry,
    testing::Values(Row{"2001:1::1", "2001:1::2", "global"}, Row{"2001:3::", "2001:3:ffff::", "global"},
                    Row{"2001:4:112::", "2001:4:112:ffff::", "global"}, Row{"2001:20::", "2001:2f:ffff::", "global"},
                    Row{"2001:30::", "2001:3f:ffff::", "global"}, Row{"2001:200::", "2001:db7:ffff::", "global"},
                    Row{"2001:db9::", "2001:ffff::", "global"}, Row{"2003::", "3ffe:ffff::", "global"},
                    Row{"3fff:1000::", "3fff:ffff::", "global"},
                    Row{"2620:4f:8000::", "2620:4f:8000:ffff::", "global"}));

INSTANTIATE_TEST_SUITE_P(HiddenIpv4, Registry,
                         testing::Values(Row{"::ffff:127.0.0.1", "::ffff:7fff:ffff", "loopback"},
                                         Row{"::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "link-local"},
                                         Row{"::10.0.0.1", "::a00:1", "private"},
                                         Row{"::ffff:0:192.168.0.1", "::ffff:0:c0a8:1", "private"},
                                         Row{"64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "loopback"},
                                         Row{"2002:7f00:1::", "2002:7f00:1::1", "loopback"},
                                         Row{"2002:a00:1::", "2002:aff:ffff::", "private"},
                                         Row{"2a00::5efe:127.0.0.1", "2a00::200:5efe:7f00:1", "loopback"},
                                         Row{"::ffff:9.9.9.9", "::ffff:909:909", "global"},
                                         Row{"64:ff9b::9.9.9.9", "2002:909:909::", "global"},
                                         Row{"::2", "::ff", "unspecified"}));

TEST(Address, IsReadInEveryFormThatRfc4291Has) {
  const auto form = [](const std::string& text) {
    const auto address = parse_address(text);
    return address ? address->to_string() : "none";
  };
  EXPECT_EQ(form("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"), "abcd:ef01:2345:6789:abcd:ef01:2345:6789");
  EXPECT_EQ(form("2001:DB8:0:0:8:800:200C:417A"), "2001:db8::8:800:200c:417a");
  EXPECT_EQ(form("FF01:0:0:0:0:0:0:101"), "ff01::101");
  EXPECT_EQ(form("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(form("0:0:0:0:0:0:13.1.68.3"), "::d01:4403");
  EXPECT_EQ(form("1::"), "1::");
  EXPECT_EQ(form("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0") << "RFC 5952: one group alone is written";
  EXPECT_EQ(form("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(form("192.0.2.1"), "192.0.2.1");
}

TEST(Address, IsNothingElse) {
  for (const char* const text : {"",
                                 "1",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "01.2.3.4",
                                 "256.1.1.1",
                                 "1.2.3.4 ",
                                 "0x7f.0.0.1",
                                 "1..2.3",
                                 ":",
                                 ":::",
                                 "1:2",
                                 "1::2::3",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1:2:3:4:5:6:7:8::",
                                 "12345::",
                                 "::1.2.3",
                                 "::1.2.3.4:5",
                                 "1:2:3:4:5:6:7:1.2.3.4",
                                 "fe80::1%eth0",
                                 "[::1]",
                                 "::g",
                                 "1:",
                                 ":1",
                                 "1::2:"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

Result<void> judge(const char* text, const Allowed& allowed) { return judge_address(*parse_address(text), allowed); }

TEST(Address, IsJudgedByWhatAnOperatorAllows) {
  EXPECT_TRUE(judge("9.9.9.9", {}));
  EXPECT_TRUE(judge("2620:fe::fe", {}));
  EXPECT_TRUE(judge("127.0.0.1", {.loopback = true}));
  EXPECT_FALSE(judge("127.0.0.1", {.private_networks = true, .link_local = true}));
  EXPECT_TRUE(judge("10.1.2.3", {.private_networks = true}));
  EXPECT_TRUE(judge("fd00::1", {.private_networks = true}));
  EXPECT_TRUE(judge("100.64.0.1", {.private_networks = true}));
  EXPECT_FALSE(judge("169.254.169.254", {.loopback = true, .private_networks = true}));
  EXPECT_TRUE(judge("fe80::1", {.link_local = true}));
}

TEST(Address, OfNobodyIsNeverAllowed) {
  const Allowed everything{.loopback = true, .private_networks = true, .link_local = true};
  for (const char* const text : {"0.0.0.0", "::", "224.0.0.1", "ff02::1", "192.0.2.1", "2001:db8::1", "198.18.0.1",
                                 "255.255.255.255", "100::1", "::ffff:0.0.0.0"}) {
    EXPECT_FALSE(judge(text, everything)) << text;
  }
}

TEST(Address, IsRefusedWithWhatItStandsFor) {
  EXPECT_EQ(judge("::ffff:127.0.0.1", {}).error().message,
            "::ffff:7f00:1, which stands for 127.0.0.1, is a loopback address; no sink may be there "
            "unless webhook_allow_loopback is true");
  EXPECT_EQ(judge("10.0.0.1", {}).error().message,
            "10.0.0.1 is a private address; no sink may be there unless webhook_allow_private_networks is true");
  EXPECT_EQ(judge("fe80::1", {}).error().message,
            "fe80::1 is a link-local address; no sink may be there unless webhook_allow_link_local is true");
  EXPECT_EQ(judge("224.0.0.1", {}).error().message, "224.0.0.1 is a multicast address; no sink may be there");
}

}  // namespace
}  // namespace millrace::subscriptions
