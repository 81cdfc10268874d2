package stage

import (
	"bytes"
	"fmt"
	"sync"
)

const (
	cycles = 20 // each leaves one record that stays, and behind it batches that go
	churn  = 10 // keys that are written again and again
)

var filler = []byte("filler") // the key of what nobody asks for

var compacts = map[string]string{"cleanup.policy": "compact", "segment.bytes": "65536", "min.cleanable.dirty.ratio": "0.01"}

// compaction leaves offsets without records: nobody may miss a record or stand still for that.
func (s *Stage) compaction() {
	var (
		topic string
		kept  []Record
		end   int64
	)
	s.Scenario("compacted topic: the last value of every key, to the end of the log", func() {
		topic = s.name("compacted")
		check(s.CreateTopic(topic, 1, 1, compacts), "create "+topic)
		sent := s.rewrite(topic)
		kept = lastOfEach(sent)
		end = must(s.Offset(topic, 0, Latest))
		var found []Record
		within(30, "the records before the last of each key are gone", func() bool {
			found = s.readTo(topic, end)
			return len(found) <= len(kept)
		})
		equal(facts(kept), facts(found), "what is left")
	})
	s.Scenario("compacted topic: a group commits before a gap and goes on behind it", func() {
		group, last := s.name("compacted"), kept[cycles/2]
		first := s.readAsGroup(group, topic, last.Offset)
		equal(facts(kept[:cycles/2+1]), facts(first), "what the group reads first")
		equal(map[int32]int64{0: last.Offset + 1}, must(s.Committed(group, topic)), "committed")
		rest := s.readAsGroup(group, topic, end-1)
		equal(facts(kept[cycles/2+1:]), facts(rest), "what the group reads then")
		equal(map[int32]int64{0: end}, must(s.Committed(group, topic)), "committed at the end")
	})
}

// rewrite sends what compaction makes gaps of, and enough behind it to close the segment.
func (s *Stage) rewrite(topic string) []Record {
	var sent []Record
	send := func(producer Producer, records ...Record) {
		offsets, err := producer.Send(records)
		check(err, "send")
		for i := range records {
			records[i].Offset = offsets[i]
		}
		sent = append(sent, records...)
	}
	padding := bytes.Repeat([]byte("."), 600)
	text := func(key string, n int) Record {
		return Record{Key: []byte(key), Value: fmt.Appendf(nil, "%d of %s %s", n, key, padding)}
	}
	for cycle := range cycles {
		producer := must(s.Producer(topic, Settings{Codec: "none", Acks: "all", Idempotent: s.Traits().Idempotent}))
		send(producer, text(fmt.Sprintf("stays %d", cycle), cycle))
		for round := range 3 {
			var records []Record
			for key := range churn {
				records = append(records, text(fmt.Sprintf("churn %d", key), 3*cycle+round))
			}
			send(producer, records...)
		}
		check(producer.Close(), "close the producer")
	}
	for range 3 {
		s.send(topic, []Record{{Key: filler, Value: bytes.Repeat([]byte("."), 30_000)}}, Settings{})
	}
	return sent
}

// lastOfEach returns the last record of each key, in the order of their offsets.
func lastOfEach(sent []Record) []Record {
	last := map[string]int64{}
	for _, record := range sent {
		last[string(record.Key)] = record.Offset
	}
	var kept []Record
	for _, record := range sent {
		if last[string(record.Key)] == record.Offset {
			kept = append(kept, record)
		}
	}
	return kept
}

// facts are what of records must be right.
func facts(records []Record) []string {
	var out []string
	for _, record := range records {
		out = append(out, fmt.Sprintf("%d %s = %.30s", record.Offset, record.Key, record.Value))
	}
	return out
}

// readTo returns what is before `end`, without the filler.
func (s *Stage) readTo(topic string, end int64) []Record {
	reader := must(s.Reader(topic, 0, Place{}))
	var got []Record
	for next := int64(0); next < end; {
		for _, record := range take(reader, 1) {
			if record.Offset < next {
				fail("offset %d comes after %d", record.Offset, next-1)
			}
			next = record.Offset + 1
			if !bytes.Equal(record.Key, filler) {
				got = append(got, record)
			}
		}
	}
	check(reader.Close(), "close the reader")
	return got
}

// readAsGroup goes on where the group is, commits each record up to the one at `last`, and returns these without the filler.
func (s *Stage) readAsGroup(group, topic string, last int64) []Record {
	var (
		lock    sync.Mutex
		got     []Record
		reached bool
	)
	member := must(s.Join(group, topic, Membership{Each: func(record Record) bool {
		lock.Lock()
		defer lock.Unlock()
		reached = reached || record.Offset >= last
		if record.Offset <= last && !bytes.Equal(record.Key, filler) {
			got = append(got, record)
		}
		return record.Offset <= last
	}}))
	within(20, fmt.Sprintf("offset %d is reached", last), func() bool {
		lock.Lock()
		defer lock.Unlock()
		return reached
	})
	check(member.Leave(), "leave")
	return got
}
