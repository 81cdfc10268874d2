package stage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

type Header struct {
	Key   string
	Value []byte
}

// Record is one of any client: nil is null, and Time is in milliseconds, 0 if the client may choose it.
type Record struct {
	Partition  int32
	Offset     int64
	Key, Value []byte
	Headers    []Header
	Time       int64
}

var codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}

// records go in and come out again, byte for byte.
func (s *Stage) records() {
	for _, codec := range codecs {
		s.Scenario("every shape of record, "+codec, func() { s.roundTrip(s.shapes(), Settings{Codec: codec}) })
	}
	for _, acks := range []string{"0", "1", "all"} {
		s.Scenario("acks "+acks, func() { s.roundTrip(texts(100), Settings{Acks: acks}) })
	}
	if s.Traits().Idempotent {
		s.Scenario("idempotent", func() { s.roundTrip(texts(2000), Settings{Idempotent: true}) })
	}
	for _, codec := range codecs {
		s.Scenario("records of a mebibyte, "+codec, func() {
			noise := rand.NewChaCha8([32]byte{1})
			var sent []Record
			for range 2 {
				value := make([]byte, 1_048_000)
				noise.Read(value)
				sent = append(sent, Record{Key: []byte("large"), Value: value})
			}
			s.roundTrip(sent, Settings{Codec: codec})
		})
	}
	s.Scenario("twenty thousand small records", func() { s.roundTrip(texts(20_000), Settings{Codec: "lz4"}) })
}

func (s *Stage) roundTrip(sent []Record, how Settings) {
	topic := s.topic("records", 1)
	offsets := s.send(topic, sent, how)
	if how.Acks != "0" {
		equal(len(sent), len(offsets), "how many offsets")
		for i, offset := range offsets {
			equal(int64(i), offset, "promised offset")
		}
	}
	s.same(sent, s.read(topic, 0, Place{}, len(sent)))
}

func texts(count int) []Record {
	var out []Record
	for i := range count {
		out = append(out, Record{Key: fmt.Appendf(nil, "k%d", i%7), Value: fmt.Appendf(nil, "value %d", i)})
	}
	return out
}

func (s *Stage) shapes() []Record {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	headers := []Header{{"same", every}, {"same", []byte{}}, {"same", []byte{1}}, {"other", []byte{2}}, {"same", []byte{1}}, {"", []byte("no name")}}
	if s.Traits().Null {
		headers = append(headers, Header{"null", nil})
	}
	out := []Record{
		{Key: []byte("key"), Value: []byte("value")},
		{Key: nil, Value: []byte("no key")},
		{Key: []byte{}, Value: []byte("empty key")},
		{Key: []byte("tombstone"), Value: nil},
		{Key: []byte("empty value"), Value: []byte{}},
		{Key: nil, Value: nil},
		{Key: []byte{}, Value: []byte{}},
		{Key: every, Value: every},
		{Key: []byte("ключ"), Value: []byte("значение ☃")},
		{Key: []byte("large"), Value: []byte(strings.Repeat("squeezable ", 900))},
		{Key: []byte("headers"), Value: []byte{1}, Headers: headers},
	}
	for i := range out {
		out[i].Time = time.Now().UnixMilli() - 60_000 + int64(i)
	}
	return out
}

func (s *Stage) same(sent, got []Record) {
	equal(len(sent), len(got), "how many records")
	for i, want := range sent {
		found := got[i]
		equal(int64(i), found.Offset, "offset")
		s.alike(want.Key, found.Key, fmt.Sprintf("key of record %d", i))
		s.alike(want.Value, found.Value, fmt.Sprintf("value of record %d", i))
		equal(len(want.Headers), len(found.Headers), fmt.Sprintf("headers of record %d", i))
		for h, header := range want.Headers {
			equal(header.Key, found.Headers[h].Key, "name of a header")
			s.alike(header.Value, found.Headers[h].Value, fmt.Sprintf("value of header %d", h))
		}
		if want.Time != 0 {
			equal(want.Time, found.Time, fmt.Sprintf("timestamp of record %d", i))
		}
	}
}

// alike tells null from empty, if the client does.
func (s *Stage) alike(want, found []byte, what string) {
	if !s.Traits().Merges && (want == nil) != (found == nil) || !bytes.Equal(want, found) {
		fail("%s: expected %d bytes (null: %t), found %d (null: %t)", what, len(want), want == nil, len(found), found == nil)
	}
}
