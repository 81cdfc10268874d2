package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
	"millrace.test/stage"
)

func within20s() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second)
}

func (c *client) CreateTopic(topic string, partitions int32, replicas int16, configs map[string]string) error {
	ctx, cancel := within20s()
	defer cancel()
	pointers := map[string]*string{}
	for name, value := range configs {
		pointers[name] = &value
	}
	_, err := c.admin.CreateTopic(ctx, partitions, replicas, pointers, topic)
	return err
}

func (c *client) DeleteTopic(topic string) error {
	ctx, cancel := within20s()
	defer cancel()
	_, err := c.admin.DeleteTopic(ctx, topic)
	return err
}

func (c *client) Topics() (map[string]int, error) {
	ctx, cancel := within20s()
	defer cancel()
	details, err := c.admin.ListTopics(ctx)
	topics := map[string]int{}
	for topic, detail := range details {
		topics[topic] = len(detail.Partitions)
	}
	return topics, err
}

func (c *client) AddPartitions(topic string, count int32) error {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.UpdatePartitions(ctx, int(count), topic)
	if err != nil {
		return err
	}
	return answers.Error()
}

func (c *client) Config(topic, name string) (stage.Config, error) {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return stage.Config{}, err
	}
	answer, err := answers.On(topic, nil)
	if err != nil {
		return stage.Config{}, err
	}
	for _, config := range answer.Configs {
		if config.Key == name {
			return stage.Config{Value: config.MaybeValue(), Default: config.Source != kmsg.ConfigSourceDynamicTopicConfig}, answer.Err
		}
	}
	return stage.Config{}, fmt.Errorf("no %s: %w", name, answer.Err)
}

func (c *client) SetConfig(topic, name, value string) error {
	ctx, cancel := within20s()
	defer cancel()
	change := kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: &value}
	if value == "" {
		change = kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name}
	}
	answers, err := c.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, topic)
	if err != nil {
		return err
	}
	return answers[0].Err
}

func (c *client) ReplaceConfigs(topic string, configs map[string]string) error {
	ctx, cancel := within20s()
	defer cancel()
	var changes []kadm.AlterConfig
	for name, value := range configs {
		changes = append(changes, kadm.AlterConfig{Name: name, Value: &value})
	}
	answers, err := c.admin.AlterTopicConfigsState(ctx, changes, topic)
	if err != nil {
		return err
	}
	return answers[0].Err
}

func (c *client) Offset(topic string, partition int32, at int64) (int64, error) {
	ctx, cancel := within20s()
	defer cancel()
	list := func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return c.admin.ListOffsetsAfterMilli(ctx, at, topics...)
	}
	switch at {
	case stage.Latest:
		list = c.admin.ListEndOffsets
	case stage.Earliest:
		list = c.admin.ListStartOffsets
	}
	offsets, err := list(ctx, topic)
	if err != nil {
		return 0, err
	}
	found, _ := offsets.Lookup(topic, partition)
	return found.Offset, found.Err
}

func (c *client) Cluster() (int, bool, error) {
	ctx, cancel := within20s()
	defer cancel()
	metadata, err := c.admin.BrokerMetadata(ctx)
	if err == nil && metadata.Cluster == "" {
		err = fmt.Errorf("no cluster id")
	}
	isOne := len(metadata.Brokers) > 0 && metadata.Brokers[0].NodeID == metadata.Controller
	return len(metadata.Brokers), isOne, err
}

func (c *client) DeleteRecords(topic string, partition int32, before int64) error {
	ctx, cancel := within20s()
	defer cancel()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, partition, before, -1)
	answers, err := c.admin.DeleteRecords(ctx, offsets)
	if err != nil {
		return err
	}
	return answers.Error()
}

func set(topic string, partition int32) kadm.TopicsSet {
	var topics kadm.TopicsSet
	topics.Add(topic, partition)
	return topics
}

func (c *client) ElectLeader(topic string, partition int32) error {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, set(topic, partition))
	if err != nil {
		return err
	}
	return answers[topic][partition].Err
}

func (c *client) Reassignments(topic string) (int, error) {
	ctx, cancel := within20s()
	defer cancel()
	moves, err := c.admin.ListPartitionReassignments(ctx, set(topic, 0))
	return len(moves), err
}

func (c *client) BytesOnDisk(topic string, partition int32) (int64, error) {
	ctx, cancel := within20s()
	defer cancel()
	brokers, err := c.admin.DescribeAllLogDirs(ctx, set(topic, partition))
	for _, directories := range brokers {
		if found, there := directories.LookupPartition(topic, partition); there {
			return found.Size, err
		}
	}
	return 0, err
}

func (c *client) LastSequences(topic string, partition int32) ([]int32, error) {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.DescribeProducers(ctx, set(topic, partition))
	var last []int32
	answers.EachProducer(func(p kadm.DescribedProducer) { last = append(last, p.LastSequence) })
	return last, err
}

func (c *client) EndOfEpoch(topic string, partition int32, epoch int32) (int64, error) {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.OffsetForLeaderEpoch(ctx, kadm.OffsetForLeaderEpochRequest{topic: {partition: epoch}})
	if err != nil {
		return 0, err
	}
	answer := answers[topic][partition]
	return answer.EndOffset, answer.Err
}
