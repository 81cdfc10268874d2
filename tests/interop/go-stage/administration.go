package stage

import (
	"fmt"
	"slices"
)

// administration is what an operator does: topics, configurations, groups, and what may be asked about the node.
func (s *Stage) administration() {
	s.Scenario("topics: create, list, delete", s.topics)
	s.Scenario("configs: describe", s.describeConfigs)
	s.Scenario("configs: alter incrementally", s.alterConfigs, 44)
	s.Scenario("configs: replace all", s.replaceConfigs, 33)
	s.Scenario("partitions: add", s.addPartitions, 37)
	s.Scenario("groups: list, describe, commit", s.describeGroups)
	s.Scenario("groups: delete offsets and groups", s.deleteGroups, 42, 47)
	s.Scenario("cluster: describe", func() {
		brokers, controllerIsOne, err := s.Cluster()
		check(err, "cluster")
		equal(1, brokers, "brokers")
		equal(true, controllerIsOne, "the controller is one of them")
	})
	if client, can := s.Client.(RecordDeleter); can {
		s.Scenario("records: delete up to an offset", func() {
			topic := s.topic("cut", 1)
			s.send(topic, texts(10), Settings{})
			check(client.DeleteRecords(topic, 0, 4), "delete records")
			equal(int64(4), must(s.Offset(topic, 0, Earliest)), "earliest")
			equal(int64(4), s.read(topic, 0, Place{Offset: 4}, 6)[0].Offset, "first that is left")
			s.refused(OffsetOutOfRange, client.DeleteRecords(topic, 0, 11), "more than there are")
		}, 21)
	}
	if client, can := s.Client.(Elector); can {
		s.Scenario("leaders: elect", func() {
			s.refused(ElectionNotNeeded, client.ElectLeader(s.topic("elect", 1), 0), "the leader is the preferred one")
		}, 43)
	}
	if client, can := s.Client.(Reassigner); can {
		s.Scenario("reassignments: list", func() { equal(0, must(client.Reassignments(s.topic("moves", 1))), "moves") }, 46)
	}
	if client, can := s.Client.(DirectoryDescriber); can {
		s.Scenario("log directories: describe", func() {
			topic := s.topic("dirs", 1)
			s.send(topic, texts(100), Settings{})
			if bytes := must(client.BytesOnDisk(topic, 0)); bytes <= 0 {
				fail("%d bytes on disk", bytes)
			}
		}, 35)
	}
	if client, can := s.Client.(ProducerDescriber); can {
		s.Scenario("producers: describe", func() {
			topic := s.topic("producers", 1)
			s.send(topic, texts(10), Settings{Idempotent: true})
			equal([]int32{9}, must(client.LastSequences(topic, 0)), "last sequences")
		}, 61)
	}
	if client, can := s.Client.(EpochFinder); can {
		s.Scenario("offsets: end of a leader epoch", func() {
			topic := s.topic("epochs", 1)
			s.send(topic, texts(10), Settings{})
			equal(int64(10), must(client.EndOfEpoch(topic, 0, 0)), "end of epoch 0")
		}, 23)
	}
}

func (s *Stage) topics() {
	topic := s.topic("admin", 3)
	s.hasPartitions(topic, 3)
	s.refused(TopicAlreadyExists, s.CreateTopic(topic, 1, 1, nil), "the same again")
	s.refused(InvalidPartitions, s.CreateTopic(s.name("bad"), 0, 1, nil), "no partitions")
	s.refused(InvalidReplicationFactor, s.CreateTopic(s.name("bad"), 1, 3, nil), "three replicas")
	s.refused(InvalidTopic, s.CreateTopic("no/slash", 1, 1, nil), "a slash")
	s.refused(InvalidConfig, s.CreateTopic(s.name("bad"), 1, 1, map[string]string{"retention.ms": "soon"}), "a bad value")
	check(s.DeleteTopic(topic), "delete")
	s.hasPartitions(topic, 0)
	s.refused(UnknownTopicOrPartition, s.DeleteTopic(topic), "the same again")
}

// hasPartitions waits, for a client may remember for a while what it knew.
func (s *Stage) hasPartitions(topic string, count int) {
	within(10, fmt.Sprintf("%d partitions", count), func() bool { return must(s.Topics())[topic] == count })
}

func (s *Stage) describeConfigs() {
	topic := s.name("configs")
	check(s.CreateTopic(topic, 1, 1, map[string]string{"retention.ms": "12345000"}), "create")
	equal(Config{Value: "12345000"}, must(s.Config(topic, "retention.ms")), "what was set")
	equal(true, must(s.Config(topic, "segment.bytes")).Default, "what was not set is a default")
}

func (s *Stage) alterConfigs() {
	topic := s.topic("alter", 1)
	check(s.SetConfig(topic, "retention.ms", "54321000"), "set")
	equal(Config{Value: "54321000"}, must(s.Config(topic, "retention.ms")), "after the change")
	s.refused(InvalidConfig, s.SetConfig(topic, "retention.ms", "soon"), "a bad value")
	check(s.SetConfig(topic, "retention.ms", ""), "delete")
	equal(Config{Value: "604800000", Default: true}, must(s.Config(topic, "retention.ms")), "after the deletion")
}

func (s *Stage) replaceConfigs() {
	topic := s.name("replace")
	check(s.CreateTopic(topic, 1, 1, map[string]string{"retention.ms": "12345000"}), "create")
	check(s.ReplaceConfigs(topic, map[string]string{"segment.bytes": "2000000"}), "replace")
	equal(Config{Value: "2000000"}, must(s.Config(topic, "segment.bytes")), "what was named")
	equal(Config{Value: "604800000", Default: true}, must(s.Config(topic, "retention.ms")), "what was not named")
}

func (s *Stage) addPartitions() {
	topic := s.topic("grow", 1)
	check(s.AddPartitions(topic, 4), "add")
	s.hasPartitions(topic, 4)
	s.refused(InvalidPartitions, s.AddPartitions(topic, 2), "fewer than there are")
	s.sendToAll(topic)
	equal(int64(1), must(s.Offset(topic, 3, Latest)), "end of the new partition")
}

func (s *Stage) describeGroups() {
	topic, group := s.topic("members", 1), s.name("members")
	member := must(s.Join(group, topic, Membership{Each: (&seen{}).each}))
	within(20, "it holds the partition", func() bool { return len(member.Held()) == 1 })
	equal(Group{State: "Stable", Members: 1}, must(s.Group(group)), "group")
	check(member.Leave(), "leave")
	equal(Group{State: "Empty"}, must(s.Group(group)), "group that was left")
	check(s.Commit(group, topic, map[int32]int64{0: 7}), "commit")
	equal(map[int32]int64{0: 7}, must(s.Committed(group, topic)), "committed")
	if !slices.Contains(must(s.Groups()), group) {
		fail("it is not listed")
	}
}

func (s *Stage) deleteGroups() {
	topic, group := s.topic("forget", 2), s.name("forget")
	check(s.Commit(group, topic, map[int32]int64{0: 1, 1: 2}), "commit")
	check(s.DeleteOffsets(group, topic, 0), "delete an offset")
	equal(map[int32]int64{1: 2}, must(s.Committed(group, topic)), "what is left")
	member := must(s.Join(group, topic, Membership{Each: (&seen{}).each}))
	within(20, "a member", func() bool { return len(member.Held()) == 2 })
	s.refused(NonEmptyGroup, s.DeleteGroup(group), "a group with a member")
	s.refused(GroupSubscribedToTopic, s.DeleteOffsets(group, topic, 1), "an offset that is in use")
	check(member.Leave(), "leave")
	check(s.DeleteGroup(group), "delete")
	if slices.Contains(must(s.Groups()), group) {
		fail("it is still listed")
	}
	s.refused(GroupIDNotFound, s.DeleteGroup(group), "the same again")
}
