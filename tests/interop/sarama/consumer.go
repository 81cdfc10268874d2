package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"millrace.test/stage"
)

type reader struct {
	consumer  sarama.Consumer
	partition sarama.PartitionConsumer
}

func (c *client) Reader(topic string, partition int32, from stage.Place) (stage.Reader, error) {
	settings, offset := config(), from.Offset
	settings.Consumer.Return.Errors = true
	if from.Latest {
		offset = sarama.OffsetNewest
	} else if from.Time != 0 {
		var err error
		if offset, err = c.client.GetOffset(topic, partition, from.Time); err != nil {
			return nil, err
		}
	}
	if from.MaxWait != 0 {
		settings.Consumer.MaxWaitTime = from.MaxWait
	}
	consumer, err := sarama.NewConsumer([]string{c.address}, settings)
	if err != nil {
		return nil, err
	}
	opened, err := consumer.ConsumePartition(topic, partition, offset)
	return &reader{consumer, opened}, err
}

func (r *reader) Next(seconds int) ([]stage.Record, error) {
	select {
	case message := <-r.partition.Messages():
		return []stage.Record{received(message)}, nil
	case err := <-r.partition.Errors():
		return nil, err
	case <-time.After(time.Duration(seconds) * time.Second):
		return nil, fmt.Errorf("no record within %d s", seconds)
	}
}

func (r *reader) Close() error {
	r.partition.AsyncClose() // closing it in step waits for a fetch that waits
	return r.consumer.Close()
}

type member struct {
	group   sarama.ConsumerGroup
	topic   string
	each    func(stage.Record) bool
	leave   context.CancelFunc
	gone    chan error
	lock    sync.Mutex
	session sarama.ConsumerGroupSession
	trouble error
}

var strategies = map[string]func() sarama.BalanceStrategy{
	"range":              sarama.NewBalanceStrategyRange,
	"roundrobin":         sarama.NewBalanceStrategyRoundRobin,
	"sticky":             sarama.NewBalanceStrategySticky,
	"cooperative-sticky": sarama.NewBalanceStrategyCooperativeSticky,
}

func (c *client) Join(group, topic string, how stage.Membership) (stage.Member, error) {
	settings := config()
	settings.Consumer.Offsets.Initial = sarama.OffsetOldest
	settings.Consumer.Offsets.AutoCommit.Enable = false
	settings.Consumer.Return.Errors = true
	settings.Consumer.MaxWaitTime = 100 * time.Millisecond
	settings.Consumer.Group.Heartbeat.Interval = 100 * time.Millisecond
	settings.Consumer.Group.Session.Timeout = 2 * time.Second
	settings.Consumer.Group.Rebalance.Timeout = 5 * time.Second
	settings.Consumer.Group.Rebalance.Retry.Backoff = 50 * time.Millisecond
	settings.Consumer.Group.InstanceId = how.Instance
	if how.Instance != "" { // as long as it may take until it is back
		settings.Consumer.Group.Session.Timeout = 20 * time.Second
	}
	if how.Protocol != "" {
		settings.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategies[how.Protocol]()}
	}
	joined, err := sarama.NewConsumerGroup([]string{c.address}, group, settings)
	if err != nil {
		return nil, err
	}
	ctx, leave := context.WithCancel(context.Background())
	m := &member{group: joined, topic: topic, each: how.Each, leave: leave, gone: make(chan error, 1)}
	go m.watch()
	go func() { m.gone <- m.consume(ctx) }()
	return m, nil
}

func (m *member) consume(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := m.group.Consume(ctx, []string{m.topic}, m); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}

func (m *member) watch() {
	for err := range m.group.Errors() {
		m.lock.Lock()
		m.trouble = err
		m.lock.Unlock()
	}
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.session = session
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return m.Setup(nil) }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if m.each(received(message)) {
			session.MarkMessage(message, "")
			session.Commit()
		}
	}
	return nil
}

func (m *member) Held() []int32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.session == nil {
		return nil
	}
	held := slices.Clone(m.session.Claims()[m.topic])
	slices.Sort(held)
	return held
}

func (m *member) Leave() error {
	m.leave()
	err := errors.Join(<-m.gone, m.group.Close())
	m.lock.Lock()
	defer m.lock.Unlock()
	return errors.Join(err, m.trouble)
}
