#include "routes/delivery_token.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace millrace::http::routes {
namespace {

runtime::DeliveryLock lock_of(PartitionIndex partition, std::int64_t offset, std::uint64_t hand_out) {
  return {.partition = partition, .token = {.offset = Offset(offset), .hand_out = hand_out}};
}

TEST(DeliveryToken, IsReadAsItWasWritten) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const auto& lock :
       {lock_of(0, 0, 0), lock_of(2, 17, 1), lock_of(7, std::numeric_limits<std::int64_t>::max(), most),
        lock_of(std::numeric_limits<PartitionIndex>::max(), 5, std::uint64_t{1} << 63U), lock_of(1, 1, 0xffff'ffff)}) {
    const auto text = token_of(lock);
    const auto read = parse_token(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->partition, lock.partition);
    EXPECT_EQ(read->token, lock.token) << text;
    EXPECT_EQ(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz."), std::string::npos) << text;
  }
}

TEST(DeliveryToken, OtherTextsAreNone) {
  for (const auto* const text :
       {"", ".", "0", "0.0", "0.0.0", "0.0.0.", "0.0.0.0.", "0.0.0.0.0", "0.0.0.x y", "-1.0.0.0", "0.-1.0.0",
        "zzzzzzz.0.0.0", "0.zzzzzzzzzzzzzz.0.0", "0.0.1z141z4.0", "0.0.0.1z141z4", " 0.0.0.0", "a.b.c.d\n"})
    EXPECT_FALSE(parse_token(text)) << text;
}

TEST(DeliveryToken, ConsumersAreToldApart) {
  EXPECT_EQ(consumer_named("one"), consumer_named("one"));
  EXPECT_NE(consumer_named("one"), consumer_named("two"));
  EXPECT_TRUE(check_consumer(std::string(255, 'c')));
  EXPECT_FALSE(check_consumer(std::string(256, 'c')));
  EXPECT_FALSE(check_consumer(""));
}

}  // namespace
}  // namespace millrace::http::routes
