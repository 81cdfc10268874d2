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

namespace operation {

inline constexpr int read = 3;
inline constexpr int write = 4;
inline constexpr int create = 5;
inline constexpr int remove = 6;
inline constexpr int alter = 7;
inline constexpr int describe = 8;
inline constexpr int cluster_action = 9;
inline constexpr int describe_configs = 10;
inline constexpr int alter_configs = 11;
inline constexpr int idempotent_write = 12;

inline constexpr auto of_topic = bits({read, write, create, remove, alter, describe, describe_configs, alter_configs});
inline constexpr auto of_group = bits({read, remove, describe, describe_configs, alter_configs});
inline constexpr auto of_cluster =
    bits({create, alter, describe, cluster_action, describe_configs, alter_configs, idempotent_write});

}  // namespace operation

inline constexpr auto topic_operations = operation::of_topic;
inline constexpr auto group_operations = operation::of_group;
inline constexpr auto cluster_operations = operation::of_cluster;

}  // namespace millrace::kafka::handlers
