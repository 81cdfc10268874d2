package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"millrace.test/stage"
)

type reader struct{ *kgo.Client }

func (c *client) Reader(topic string, partition int32, from stage.Place) (stage.Reader, error) {
	place := kgo.NewOffset().At(from.Offset)
	if from.Latest {
		place = kgo.NewOffset().AtEnd()
	} else if from.Time != 0 {
		place = kgo.NewOffset().AfterMilli(from.Time)
	}
	options := []kgo.Opt{kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: place}})}
	if from.MaxWait != 0 {
		options = append(options, kgo.FetchMaxWait(from.MaxWait))
	}
	connected, err := c.connect(options...)
	return &reader{connected}, err
}

func (r *reader) Next(seconds int) ([]stage.Record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
	defer cancel()
	fetches := r.PollFetches(ctx)
	var got []stage.Record
	fetches.EachRecord(func(record *kgo.Record) { got = append(got, received(record)) })
	return got, fetches.Err()
}

func (r *reader) Close() error {
	r.Client.Close()
	return nil
}

type member struct {
	*kgo.Client
	leave context.CancelFunc
	gone  chan error
	lock  sync.Mutex
	held  map[int32]bool
}

func (c *client) Join(group, topic string, how stage.Membership) (stage.Member, error) {
	ctx, leave := context.WithCancel(context.Background())
	m := &member{leave: leave, gone: make(chan error, 1), held: map[int32]bool{}}
	lose := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { m.hold(lost[topic], false) }
	options := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.HeartbeatInterval(100 * time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { m.hold(got[topic], true) }),
		kgo.OnPartitionsRevoked(lose),
		kgo.OnPartitionsLost(lose),
	}
	if how.Protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	} else if how.Protocol != "" {
		options = append(options, kgo.Balancers(balancers[how.Protocol]))
	}
	if how.Instance != "" { // as long as it may take until it is back
		options = append(options, kgo.InstanceID(how.Instance), kgo.SessionTimeout(20*time.Second))
	} else {
		options = append(options, kgo.SessionTimeout(2*time.Second))
	}
	var err error
	if m.Client, err = c.connect(options...); err == nil {
		go func() { m.gone <- m.consume(ctx, how.Each) }()
	}
	return m, err
}

func (m *member) consume(ctx context.Context, each func(stage.Record) bool) error {
	for {
		fetches := m.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		for _, record := range fetches.Records() {
			if each(received(record)) {
				if err := m.CommitRecords(context.Background(), record); err != nil {
					return err
				}
			}
		}
	}
}

func (m *member) hold(partitions []int32, whether bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	for _, partition := range partitions {
		if whether {
			m.held[partition] = true
		} else {
			delete(m.held, partition)
		}
	}
}

func (m *member) Held() []int32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	var held []int32
	for partition := range m.held {
		held = append(held, partition)
	}
	slices.Sort(held)
	return held
}

func (m *member) Leave() error {
	m.leave()
	err := <-m.gone
	m.Close()
	return err
}
