package stage

import (
	"fmt"
	"strings"
	"time"
)

// places are where a reader may begin.
func (s *Stage) places() {
	topic, start := "", time.Now().UnixMilli()-60_000
	s.Scenario("from an offset", func() {
		topic = s.topic("places", 1)
		sent := texts(100)
		for i := range sent {
			sent[i].Time = start + int64(i)*100
		}
		s.send(topic, sent, Settings{})
		got := s.read(topic, 0, Place{Offset: 73}, 27)
		equal(int64(73), got[0].Offset, "first offset")
		equal(int64(99), got[26].Offset, "last offset")
	})
	s.Scenario("from a time", func() {
		first := s.read(topic, 0, Place{Time: start + 2950}, 70)[0]
		equal(int64(30), first.Offset, "offset")
		equal(start+3000, first.Time, "timestamp")
	})
	s.Scenario("offsets: earliest, latest, of a time", func() {
		equal(int64(0), must(s.Offset(topic, 0, Earliest)), "earliest")
		equal(int64(100), must(s.Offset(topic, 0, Latest)), "latest")
		equal(int64(30), must(s.Offset(topic, 0, start+2950)), "of a time")
	})
	s.Scenario("from latest", func() {
		reader := must(s.Reader(topic, 0, Place{Latest: true}))
		arrived := make(chan Record, 1)
		go func() {
			if got, err := reader.Next(30); err == nil && len(got) > 0 {
				arrived <- got[0]
			}
		}()
		var first *Record
		n := 0 // where the end is, the client finds out in its own time
		within(30, "a new record", func() bool {
			s.send(topic, []Record{{Value: fmt.Appendf(nil, "new %d", n)}}, Settings{})
			n++
			select {
			case got := <-arrived:
				first = &got
			case <-time.After(50 * time.Millisecond):
			}
			return first != nil
		})
		if !strings.HasPrefix(string(first.Value), "new ") || first.Offset < 100 {
			fail("it began with %q at %d", first.Value, first.Offset)
		}
		check(reader.Close(), "close the reader")
	})
	s.Scenario("a fetch waits for the record and not for its time to end", func() {
		topic := s.topic("waiting", 1)
		s.send(topic, texts(1), Settings{})
		reader := must(s.Reader(topic, 0, Place{MaxWait: 20 * time.Second}))
		take(reader, 1)
		began := time.Now()
		s.send(topic, texts(1), Settings{})
		take(reader, 1)
		if took := time.Since(began); took > 10*time.Second {
			fail("the fetch came back after %s", took)
		}
		check(reader.Close(), "close the reader")
	})
}
