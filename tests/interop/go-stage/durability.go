package stage

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// durability kills the broker under producers and a group that commits.
func (s *Stage) durability() {
	s.Scenario("kill -9: nothing lost, nothing twice, the group goes on where it was", s.kill)
}

const (
	partitions = 2
	batch      = 10
)

// load is what several producers were promised while the broker was killed.
type load struct {
	lock    sync.Mutex
	acked   [partitions]map[int64]string
	unsure  map[string]bool // sent without an answer, by a client that does not send again
	trouble error
	count   atomic.Int64
	stop    atomic.Bool
	running sync.WaitGroup
}

func (l *load) run(s *Stage, topic string, partition int32, lane int) {
	defer l.running.Done()
	producer, err := s.Producer(topic, Settings{Codec: "none", Acks: "all", Idempotent: s.Traits().Idempotent})
	for n := 0; err == nil && !l.stop.Load(); n++ {
		var records []Record
		for i := range batch {
			records = append(records, Record{Partition: partition, Value: fmt.Appendf(nil, "%d/%d/%d", lane, n, i)})
		}
		offsets, failed := producer.Send(records)
		l.lock.Lock()
		for i, record := range records {
			value := string(record.Value)
			if failed != nil {
				l.unsure[value] = true
			} else if other, twice := l.acked[partition][offsets[i]]; twice {
				err = fmt.Errorf("offset %d was given to %s and %s", offsets[i], other, value)
			} else {
				l.acked[partition][offsets[i]] = value
			}
		}
		l.lock.Unlock()
		if failed == nil {
			l.count.Add(batch)
		} else if s.Traits().Idempotent {
			err = fmt.Errorf("an idempotent producer gave up: %w", failed)
		}
	}
	if err == nil {
		err = producer.Close()
	}
	if err != nil {
		l.lock.Lock()
		l.trouble = err
		l.lock.Unlock()
	}
}

func (l *load) goesOn(records int64, what string) {
	goal := l.count.Load() + records
	within(40, what, func() bool {
		l.lock.Lock()
		defer l.lock.Unlock()
		check(l.trouble, "a producer")
		return l.count.Load() >= goal
	})
}

func (s *Stage) kill() {
	topic, group := s.topic("durable", partitions), s.name("durable")
	l := &load{unsure: map[string]bool{}, acked: [partitions]map[int64]string{{}, {}}}
	for lane := range 4 {
		l.running.Add(1)
		go l.run(s, topic, int32(lane%partitions), lane)
	}
	defer l.running.Wait()
	defer l.stop.Store(true)
	l.goesOn(2000, "the load runs")
	committed := s.commitSome(group, topic)
	s.ask("crash")
	l.goesOn(2000, "the producers go on")
	l.stop.Store(true)
	l.running.Wait()
	check(l.trouble, "a producer")

	within(20, "an answer on a new connection", func() bool {
		after, err := s.Committed(group, topic)
		if err == nil {
			equal(committed, after, "committed after the crash")
		}
		return err == nil
	})
	s.goesOnAt(group, topic, committed)
	for partition := range int32(partitions) {
		l.compare(partition, s.read(topic, partition, Place{}, int(must(s.Offset(topic, partition, Latest)))))
	}
}

// commitSome reads as a group and returns what the last commit of each partition was.
func (s *Stage) commitSome(group, topic string) map[int32]int64 {
	var lock sync.Mutex
	committed := map[int32]int64{}
	member := must(s.Join(group, topic, Membership{Each: func(record Record) bool {
		if record.Offset%50 != 49 {
			return false
		}
		lock.Lock()
		defer lock.Unlock()
		committed[record.Partition] = record.Offset + 1
		return true
	}}))
	within(20, "commits of both partitions", func() bool {
		lock.Lock()
		defer lock.Unlock()
		return len(committed) == partitions
	})
	check(member.Leave(), "leave")
	return committed
}

func (s *Stage) goesOnAt(group, topic string, committed map[int32]int64) {
	var lock sync.Mutex
	begun := map[int32]int64{}
	member := must(s.Join(group, topic, Membership{Each: func(record Record) bool {
		lock.Lock()
		defer lock.Unlock()
		if _, known := begun[record.Partition]; !known {
			begun[record.Partition] = record.Offset
		}
		return false
	}}))
	within(20, "both partitions go on", func() bool {
		lock.Lock()
		defer lock.Unlock()
		return len(begun) == partitions
	})
	check(member.Leave(), "leave")
	equal(committed, begun, "where the group goes on")
}

// compare wants every promise kept at its offset; what else is there must be what nobody promised, and once only.
func (l *load) compare(partition int32, held []Record) {
	left := maps.Clone(l.acked[partition])
	for i, record := range held {
		equal(int64(i), record.Offset, "offset")
		value := string(record.Value)
		promised, known := left[record.Offset]
		switch {
		case known && promised == value:
			delete(left, record.Offset)
		case known:
			fail("partition %d offset %d: promised %q, found %q", partition, i, promised, value)
		case l.unsure[value]:
			delete(l.unsure, value)
		default:
			fail("partition %d offset %d: %q is there twice or was never sent", partition, i, value)
		}
	}
	equal(0, len(left), "records that were promised and are lost")
}
