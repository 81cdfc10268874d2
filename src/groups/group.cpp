#include "group.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/groups/consumer_protocol.hpp"

namespace millrace::groups {

namespace {

constexpr std::size_t member_overhead_bytes = 512;   // nodes of maps, the timer, the member itself
constexpr std::size_t protocol_overhead_bytes = 64;  // two small objects
constexpr std::size_t copies_of_id = 4;              // the member's, its map's, its timer's, the leader's or instance's

}  // namespace

bool Member::supports(std::string_view protocol) const {
  return std::ranges::any_of(protocols, [&](const Protocol& mine) { return mine.name == protocol; });
}

Bytes Member::metadata_of(const std::optional<std::string>& protocol) const {
  for (const Protocol& mine : protocols)
    if (mine.name == protocol) return mine.metadata;
  return {};
}

std::size_t Member::bytes() const {
  std::size_t sum = member_overhead_bytes + copies_of_id * id.size() + client_id.size() + client_host.size() +
                    2 * instance_id.value_or("").size() + assignment.size();
  for (const Protocol& mine : protocols) sum += protocol_overhead_bytes + 2 * mine.name.size() + mine.metadata.size();
  return sum;
}

Group::Group(std::string group_id, Timestamp created, Coordinator::Totals& totals)
    : id_(std::move(group_id)), totals_(totals) {
  if (created != no_timestamp) since_ = created;
  ++totals_.groups;
}

Group::~Group() {
  for (const auto& [id, member] : members()) discharge(member);
  while (!offsets_.empty()) {
    const auto& [topic, partitions] = *offsets_.begin();
    uncommit(std::string(topic), partitions.begin()->first);
  }
  --totals_.groups;
}

void Group::transition_to(GroupState to, Timestamp now) {
  CHECK(is_allowed_transition(state_, to), "the table in state.hpp has this transition");
  state_ = to;
  since_ = now;
}

Member* Group::member(std::string_view member_id) {
  if (roster_->members.empty()) return nullptr;
  Members& members = roster_.edit().members;
  const auto at = members.find(member_id);
  return at == members.end() ? nullptr : &at->second;
}

const std::string* Group::static_member_id(const std::string& instance_id) const {
  const auto at = roster_->static_members.find(instance_id);
  return at == roster_->static_members.end() ? nullptr : &at->second;
}

void Group::charge(const Member& member) {
  Roster& roster = roster_.edit();
  ++totals_.members;
  totals_.members_bytes += member.bytes();
  for (const Protocol& protocol : member.protocols) ++roster.supporters[protocol.name];
}

void Group::discharge(const Member& member) {
  Roster& roster = roster_.edit();
  --totals_.members;
  totals_.members_bytes -= member.bytes();
  for (const Protocol& protocol : member.protocols) {
    const auto at = roster.supporters.find(protocol.name);
    if (--at->second == 0) roster.supporters.erase(at);
  }
}

Member& Group::add(Member member, const std::string& protocol_type) {
  Roster& roster = roster_.edit();
  if (roster.members.empty()) roster.protocol_type = protocol_type;
  if (member.instance_id) {
    const bool fresh = roster.static_members.emplace(*member.instance_id, member.id).second;
    CHECK(fresh, "an instance id names one member");
  }
  member.joined = ++roster.arrivals;
  if (!roster.leader) roster.leader = member.id;
  const std::string key = member.id;
  const auto [at, fresh] = roster.members.emplace(key, std::move(member));
  CHECK(fresh, "a member id is given out once");
  charge(at->second);
  return at->second;
}

void Group::remove(const std::string& member_id) {
  Roster& roster = roster_.edit();
  const auto at = roster.members.find(member_id);
  CHECK(at != roster.members.end(), "only members are removed");
  discharge(at->second);
  if (at->second.parked_join) --roster.parked_joins;
  if (at->second.instance_id) roster.static_members.erase(*at->second.instance_id);
  const bool led = is_leader(at->second);
  roster.members.erase(at);
  if (!led) return;
  roster.leader.reset();
  if (roster.members.empty()) return;
  roster.leader =
      std::ranges::min_element(roster.members, {}, [](const auto& entry) { return entry.second.joined; })->first;
}

Member& Group::rename(const std::string& from, const std::string& to) {
  Roster& roster = roster_.edit();
  auto node = roster.members.extract(from);
  CHECK(!node.empty() && node.mapped().instance_id, "only a static member comes back under a new id");
  Member& member = node.mapped();
  discharge(member);
  if (is_leader(member)) roster.leader = to;
  roster.static_members[*member.instance_id] = to;
  member.id = to;
  node.key() = to;
  const auto placed = roster.members.insert(std::move(node));
  CHECK(placed.inserted, "a member id is given out once");
  charge(placed.position->second);
  return placed.position->second;
}

void Group::set_protocols(Member& member, std::vector<Protocol> protocols) {
  discharge(member);
  member.protocols = std::move(protocols);
  charge(member);
}

void Group::set_assignment(Member& member, Bytes assignment) {
  totals_.members_bytes -= member.bytes();
  member.assignment = std::move(assignment);
  totals_.members_bytes += member.bytes();
}

bool Group::supports(std::string_view type, const std::vector<Protocol>& protocols, const Member* instead_of) const {
  if (type.empty() || protocols.empty()) return false;
  const std::size_t others = roster_->members.size() - (instead_of == nullptr ? 0 : 1);
  if (roster_->members.empty()) return true;
  if (roster_->protocol_type != type) return false;
  return std::ranges::any_of(protocols, [&](const Protocol& protocol) {
    const auto at = roster_->supporters.find(protocol.name);
    std::size_t known_by = at == roster_->supporters.end() ? 0 : at->second;
    if (instead_of != nullptr && instead_of->supports(protocol.name)) --known_by;
    return known_by == others;
  });
}

std::string Group::select_protocol() const {
  CHECK(!roster_->members.empty(), "a group without members has no protocol");
  const auto known_by_all = [&](const Protocol& protocol) {
    return roster_->supporters.find(protocol.name)->second == roster_->members.size();
  };
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : roster_->members) {
    const auto favourite = std::ranges::find_if(member.protocols, known_by_all);
    CHECK(favourite != member.protocols.end(), "a join without a common protocol is refused");
    ++votes[favourite->name];
  }
  const Member& leader = roster_->members.at(*roster_->leader);
  const std::string* winner = nullptr;
  std::size_t most = 0;
  for (const Protocol& protocol : leader.protocols) {
    const auto at = votes.find(protocol.name);
    if (at == votes.end() || at->second <= most) continue;
    most = at->second;
    winner = &protocol.name;
  }
  CHECK(winner != nullptr, "what got votes is known by all, thus by the leader");
  return *winner;
}

Milliseconds Group::rebalance_timeout() const {
  Milliseconds longest{0};
  for (const auto& [id, member] : roster_->members) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

void Group::park_join(Member& member, Ticket ticket) {
  Roster& roster = roster_.edit();
  if (!member.parked_join) ++roster.parked_joins;
  member.parked_join = ticket;
}

std::optional<Ticket> Group::take_parked_join(Member& member) {
  Roster& roster = roster_.edit();
  if (member.parked_join) --roster.parked_joins;
  return std::exchange(member.parked_join, std::nullopt);
}

bool Group::elect_joined_leader() {
  Roster& roster = roster_.edit();
  if (roster.leader && roster.members.at(*roster.leader).parked_join) return true;
  const Member* chosen = nullptr;
  for (const auto& [id, member] : roster.members)
    if (member.parked_join && (chosen == nullptr || member.joined < chosen->joined)) chosen = &member;
  if (chosen == nullptr) return false;
  roster.leader = chosen->id;
  return true;
}

void Group::begin_generation(Timestamp now) {
  Roster& roster = roster_.edit();
  // Clients take a negative generation for "none": after the largest comes 0 again.
  generation_ = generation_ == std::numeric_limits<std::int32_t>::max() ? 0 : generation_ + 1;
  is_initial_rebalance = false;
  if (roster.members.empty()) {
    roster.protocol.reset();
    transition_to(GroupState::empty, now);
  } else {
    roster.protocol = select_protocol();
    transition_to(GroupState::completing_rebalance, now);
  }
}

}  // namespace millrace::groups
