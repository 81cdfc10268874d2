package stage

import (
	"os"
	"os/exec"
	"slices"
	"sync"
)

// groups have members that come, go and die.
func (s *Stage) groups() {
	for _, protocol := range s.Traits().Protocols {
		s.Scenario("members join, leave and rebalance, "+protocol.Name, func() { s.comeAndGo(protocol.Name) }, protocol.Needs...)
	}
	s.Scenario("a member crashes and is replaced", s.crashOfMember)
	if s.Traits().Static {
		s.Scenario("a static member comes back to what it had", s.staticMember)
	}
}

// seen remembers which partitions a member read from.
type seen struct {
	lock       sync.Mutex
	partitions map[int32]int
}

func (s *seen) each(record Record) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.partitions == nil {
		s.partitions = map[int32]int{}
	}
	s.partitions[record.Partition]++
	return false
}

func (s *seen) count() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.partitions)
}

func spread(members ...Member) bool {
	var all []int32
	for _, member := range members {
		held := member.Held()
		if len(held) == 0 {
			return false
		}
		all = append(all, held...)
	}
	slices.Sort(all)
	return slices.Equal(all, []int32{0, 1, 2, 3})
}

func (s *Stage) comeAndGo(protocol string) {
	topic, group, read := s.topic("group", 4), s.name("group"), seen{}
	how := Membership{Protocol: protocol, Each: read.each}
	first := must(s.Join(group, topic, how))
	within(20, "one member holds all", func() bool { return spread(first) })
	other := Membership{Protocol: protocol, Each: (&seen{}).each}
	second, third := must(s.Join(group, topic, other)), must(s.Join(group, topic, other))
	within(20, "three members share", func() bool { return spread(first, second, third) })
	check(second.Leave(), "the second leaves")
	check(third.Leave(), "the third leaves")
	within(20, "the one that stays holds all", func() bool { return spread(first) })
	s.sendToAll(topic)
	within(20, "all partitions are read", func() bool { return read.count() == 4 })
	check(first.Leave(), "the first leaves")
}

func (s *Stage) sendToAll(topic string) {
	var records []Record
	for partition := range int32(4) {
		records = append(records, Record{Partition: partition, Value: []byte("after")})
	}
	s.send(topic, records, Settings{})
}

func (s *Stage) crashOfMember() {
	topic, group, read := s.topic("crash", 4), s.name("crash"), seen{}
	first := must(s.Join(group, topic, Membership{Each: read.each}))
	within(20, "one member holds all", func() bool { return spread(first) })
	other := exec.Command(os.Args[0], "member", group, topic, s.Address, s.Prefix)
	check(other.Start(), "start a process")
	defer other.Wait()
	defer other.Process.Kill()
	within(20, "a process joins", func() bool { return len(first.Held()) == 2 })
	check(other.Process.Kill(), "kill -9")
	within(20, "the crashed member is replaced", func() bool { return spread(first) })
	s.sendToAll(topic)
	within(20, "all partitions are read", func() bool { return read.count() == 4 })
	check(first.Leave(), "the first leaves")
}

func (s *Stage) staticMember() {
	topic, group := s.topic("static", 4), s.name("static")
	named := func(name string) Member {
		return must(s.Join(group, topic, Membership{Instance: name, Each: (&seen{}).each}))
	}
	first, second := named("one"), named("two")
	within(20, "two members share", func() bool { return spread(first, second) })
	had := second.Held()
	check(second.Leave(), "the second goes")
	again := named("two")
	within(20, "it holds something", func() bool { return len(again.Held()) == 2 })
	equal(had, again.Held(), "what it holds")
	equal(2, must(s.Group(group)).Members, "members")
	check(again.Leave(), "the second goes again")
	check(first.Leave(), "the first goes")
}
