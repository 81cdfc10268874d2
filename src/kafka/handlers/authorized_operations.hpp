#pragma once
// What a client may do, as the bit fields of Metadata and DescribeGroups: bit n stands for Kafka's operation number n.
// There is no authorizer, so everybody may do all that the kind of resource knows.

#include <cstdint>
#include <initializer_list>

namespace millrace::kafka::handlers {

constexpr std::int32_t bits(std::initializer_list<int> operations) {
  std::int32_t field = 0;
  for (const int operation : operations) field |= 1 << operation;
  return field;
}

enum Operation {
  read = 3,
  write = 4,
  create = 5,
  remove = 6,
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
};

inline constexpr auto topic_operations =
    bits({read, write, create, remove, alter, describe, describe_configs, alter_configs});
inline constexpr auto group_operations = bits({read, remove, describe, describe_configs, alter_configs});
inline constexpr auto cluster_operations =
    bits({create, alter, describe, cluster_action, describe_configs, alter_configs, idempotent_write});

}  // namespace millrace::kafka::handlers
