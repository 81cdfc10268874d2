// Package stage tells the scenarios that the Go clients have in common: names, waiting with a bound, one line for each.
package stage

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

type Stage struct {
	Client
	Address, Prefix string

	apis    map[int]bool
	answers *bufio.Reader
	names   int
}

// Main plays every scenario: PROGRAM ADDRESS PREFIX, or is a member until it is killed: PROGRAM member GROUP TOPIC ADDRESS PREFIX.
func Main(connect func(address string) (Client, error)) {
	words := os.Args[1:]
	address, prefix := words[len(words)-2], words[len(words)-1]
	client, err := connect(address)
	if err != nil {
		fmt.Printf("not ok connect: %v\n", err)
		os.Exit(1)
	}
	s := &Stage{Client: client, Address: address, Prefix: prefix, apis: map[int]bool{}, answers: bufio.NewReader(os.Stdin)}
	for _, word := range strings.Fields(os.Getenv("APIS")) {
		key, _, _ := strings.Cut(word, ":")
		number, _ := strconv.Atoi(key)
		s.apis[number] = true
	}
	if words[0] == "member" {
		if _, err := s.Join(words[1], words[2], Membership{Each: func(Record) bool { return false }}); err != nil {
			panic(err)
		}
		time.Sleep(2 * time.Minute)
		return
	}
	s.records()
	s.places()
	s.compaction()
	s.groups()
	s.administration()
	s.durability()
}

// Scenario plays one story; Check and Must end it from any depth.
func (s *Stage) Scenario(what string, story func(), needs ...int) {
	for _, key := range needs {
		if !s.apis[key] {
			fmt.Printf("off %s: API %d is not served\n", what, key)
			return
		}
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			if _, said := trouble.(failure); !said {
				panic(trouble)
			}
			fmt.Printf("not ok %s: %s\n", what, strings.Join(strings.Fields(fmt.Sprint(trouble)), " "))
			return
		}
		fmt.Println("ok " + what)
	}()
	story()
}

type failure string

func fail(format string, more ...any) { panic(failure(fmt.Sprintf(format, more...))) }

func check(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func must[T any](value T, err error) T {
	check(err, "unexpected")
	return value
}

func equal(expected, found any, what string) {
	if !reflect.DeepEqual(expected, found) {
		fail("%s: expected %.200s, found %.200s", what, fmt.Sprintf("%#v", expected), fmt.Sprintf("%#v", found))
	}
}

func (s *Stage) refused(code int16, err error, what string) {
	if err == nil {
		fail("%s: expected error %d, but it went well", what, code)
	}
	if s.Code(err) != code {
		fail("%s: expected error %d, found %d, %v", what, code, s.Code(err), err)
	}
}

func within(seconds int, what string, condition func() bool) {
	for end := time.Now().Add(time.Duration(seconds) * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			fail("%s: not within %d s", what, seconds)
		}
	}
}

// ask has the runner do something to the broker, and waits until it has.
func (s *Stage) ask(word string) {
	fmt.Println(word)
	must(s.answers.ReadString('\n'))
}

func (s *Stage) name(what string) string {
	s.names++
	return fmt.Sprintf("%s-%s-%d", s.Prefix, what, s.names)
}

func (s *Stage) topic(what string, partitions int32) string {
	topic := s.name(what)
	check(s.CreateTopic(topic, partitions, 1, nil), "create "+topic)
	return topic
}

func (s *Stage) send(topic string, records []Record, how Settings) []int64 {
	if how.Codec == "" {
		how.Codec = "none"
	}
	if how.Acks == "" {
		how.Acks = "all"
	}
	producer := must(s.Producer(topic, how))
	offsets, err := producer.Send(records)
	check(err, "send")
	check(producer.Close(), "close the producer")
	return offsets
}

// read returns `count` records of partition 0 of a topic, or of another.
func (s *Stage) read(topic string, partition int32, from Place, count int) []Record {
	reader := must(s.Reader(topic, partition, from))
	got := take(reader, count)
	check(reader.Close(), "close the reader")
	return got
}

func take(reader Reader, count int) []Record {
	var got []Record
	for end := time.Now().Add(30 * time.Second); len(got) < count; {
		if time.Now().After(end) {
			fail("%d of %d records within 30 s", len(got), count)
		}
		got = append(got, must(reader.Next(30))...)
	}
	return got
}
