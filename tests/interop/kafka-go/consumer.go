package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"millrace.test/stage"
)

type reader struct{ *kafka.Reader }

func (c *client) config(topic string) kafka.ReaderConfig {
	return kafka.ReaderConfig{
		Brokers:        []string{c.address},
		Topic:          topic,
		MaxBytes:       10_000_000,
		MaxWait:        100 * time.Millisecond,
		ReadBackoffMin: 10 * time.Millisecond,
		ReadBackoffMax: 100 * time.Millisecond,
	}
}

func (c *client) Reader(topic string, partition int32, from stage.Place) (stage.Reader, error) {
	config := c.config(topic)
	config.Partition = int(partition)
	if from.MaxWait != 0 {
		config.MaxWait = from.MaxWait
	}
	r := &reader{kafka.NewReader(config)}
	switch {
	case from.Latest:
		return r, r.SetOffset(kafka.LastOffset)
	case from.Time != 0:
		return r, r.SetOffsetAt(context.Background(), time.UnixMilli(from.Time))
	default:
		return r, r.SetOffset(from.Offset)
	}
}

func (r *reader) Next(seconds int) ([]stage.Record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
	defer cancel()
	message, err := r.FetchMessage(ctx)
	if err != nil {
		return nil, err
	}
	return []stage.Record{received(message)}, nil
}

func (r *reader) Close() error {
	go r.Reader.Close() // it waits for a fetch that waits
	return nil
}

// member is a reader of a group. It does not say what it was given, so the broker is asked.
type member struct {
	reader            *kafka.Reader
	client            *client
	group, topic, own string
	leave             context.CancelFunc
	gone              chan error
}

var (
	balancers = map[string]kafka.GroupBalancer{"range": kafka.RangeGroupBalancer{}, "roundrobin": kafka.RoundRobinGroupBalancer{}}
	members   atomic.Int64
)

func (c *client) Join(group, topic string, how stage.Membership) (stage.Member, error) {
	config := c.config(topic)
	config.GroupID = group
	config.StartOffset = kafka.FirstOffset
	config.HeartbeatInterval = 100 * time.Millisecond
	config.SessionTimeout = 2 * time.Second
	config.RebalanceTimeout = 5 * time.Second
	config.JoinGroupBackoff = 50 * time.Millisecond
	if how.Protocol != "" {
		config.GroupBalancers = []kafka.GroupBalancer{balancers[how.Protocol]}
	}
	own := fmt.Sprintf("member-%d", members.Add(1))
	config.Dialer = &kafka.Dialer{ClientID: own, Timeout: 10 * time.Second}
	ctx, leave := context.WithCancel(context.Background())
	m := &member{kafka.NewReader(config), c, group, topic, own, leave, make(chan error, 1)}
	go func() { m.gone <- m.consume(ctx, how.Each) }()
	return m, nil
}

func (m *member) consume(ctx context.Context, each func(stage.Record) bool) error {
	for {
		message, err := m.reader.FetchMessage(ctx)
		if err != nil && ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		if each(received(message)) {
			if err := m.reader.CommitMessages(context.Background(), message); err != nil {
				return err
			}
		}
	}
}

func (m *member) Held() []int32 {
	described, err := m.client.describe(m.group)
	if err != nil {
		return nil
	}
	var held []int32
	for _, one := range described.Members {
		for _, topic := range one.MemberAssignments.Topics {
			for _, partition := range topic.Partitions {
				if one.ClientID == m.own && topic.Topic == m.topic {
					held = append(held, int32(partition))
				}
			}
		}
	}
	slices.Sort(held)
	return held
}

func (m *member) Leave() error {
	m.leave()
	return errors.Join(<-m.gone, m.reader.Close())
}
