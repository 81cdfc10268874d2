package main

import (
	"fmt"

	"github.com/IBM/sarama"
	"millrace.test/stage"
)

func (c *client) CreateTopic(topic string, partitions int32, replicas int16, configs map[string]string) error {
	detail := &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: replicas, ConfigEntries: map[string]*string{}}
	for name, value := range configs {
		detail.ConfigEntries[name] = &value
	}
	return c.admin.CreateTopic(topic, detail, false)
}

func (c *client) DeleteTopic(topic string) error { return c.admin.DeleteTopic(topic) }

func (c *client) Topics() (map[string]int, error) {
	listed, err := c.admin.ListTopics()
	topics := map[string]int{}
	for topic, detail := range listed {
		topics[topic] = int(detail.NumPartitions)
	}
	return topics, err
}

func (c *client) AddPartitions(topic string, count int32) error {
	return c.admin.CreatePartitions(topic, count, nil, false)
}

func (c *client) Config(topic, name string) (stage.Config, error) {
	resource := sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{name}}
	entries, err := c.admin.DescribeConfig(resource)
	if err != nil {
		return stage.Config{}, err
	}
	if len(entries) != 1 || entries[0].Name != name {
		return stage.Config{}, fmt.Errorf("asked for %s, found %v", name, entries)
	}
	return stage.Config{Value: entries[0].Value, Default: entries[0].Source != sarama.SourceTopic}, nil
}

func (c *client) SetConfig(topic, name, value string) error {
	change := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
	if value == "" {
		change = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationDelete}
	}
	return c.admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{name: change}, false)
}

func (c *client) ReplaceConfigs(topic string, configs map[string]string) error {
	entries := map[string]*string{}
	for name, value := range configs {
		entries[name] = &value
	}
	return c.admin.AlterConfig(sarama.TopicResource, topic, entries, false)
}

func (c *client) Offset(topic string, partition int32, at int64) (int64, error) {
	answers, err := c.admin.ListOffsets(map[string]map[int32]int64{topic: {partition: at}}, nil)
	if err != nil {
		return 0, err
	}
	answer := answers[topic][partition]
	return answer.Offset, known(answer.Err)
}

// known makes the client's "no error" none.
func known(err error) error {
	if err == sarama.ErrNoError {
		return nil
	}
	return err
}

func (c *client) Cluster() (int, bool, error) {
	brokers, controller, err := c.admin.DescribeCluster()
	return len(brokers), len(brokers) > 0 && brokers[0].ID() == controller, err
}

func (c *client) Groups() ([]string, error) {
	listed, err := c.admin.ListConsumerGroups()
	var groups []string
	for group := range listed {
		groups = append(groups, group)
	}
	return groups, err
}

func (c *client) Group(group string) (stage.Group, error) {
	described, err := c.admin.DescribeConsumerGroups([]string{group})
	if err != nil {
		return stage.Group{}, err
	}
	return stage.Group{State: described[0].State, Members: len(described[0].Members)}, known(described[0].Err)
}

func (c *client) Commit(group, topic string, offsets map[int32]int64) error {
	commits := map[int32]sarama.OffsetAndMetadata{}
	for partition, offset := range offsets {
		commits[partition] = sarama.OffsetAndMetadata{Offset: offset, LeaderEpoch: -1}
	}
	answer, err := c.admin.AlterConsumerGroupOffsets(group, map[string]map[int32]sarama.OffsetAndMetadata{topic: commits}, nil)
	if err != nil {
		return err
	}
	for partition := range offsets {
		if err := answer.Errors[topic][partition]; err != sarama.ErrNoError {
			return err
		}
	}
	return nil
}

func (c *client) Committed(group, topic string) (map[int32]int64, error) {
	answer, err := c.admin.ListConsumerGroupOffsets(group, nil)
	if err != nil {
		return nil, err
	}
	committed := map[int32]int64{}
	for partition, block := range answer.Blocks[topic] {
		committed[partition] = block.Offset
	}
	return committed, known(answer.Err)
}

func (c *client) DeleteOffsets(group, topic string, partition int32) error {
	return c.admin.DeleteConsumerGroupOffset(group, topic, partition)
}

func (c *client) DeleteGroup(group string) error { return c.admin.DeleteConsumerGroup(group) }

func (c *client) DeleteRecords(topic string, partition int32, before int64) error {
	return c.admin.DeleteRecords(topic, map[int32]int64{partition: before})
}

func (c *client) ElectLeader(topic string, partition int32) error {
	answers, err := c.admin.ElectLeaders(sarama.PreferredElection, map[string][]int32{topic: {partition}})
	if err != nil {
		return err
	}
	return known(answers[topic][partition].ErrorCode)
}

func (c *client) Reassignments(topic string) (int, error) {
	moves, err := c.admin.ListPartitionReassignments(topic, []int32{0})
	return len(moves[topic]), err
}

func (c *client) BytesOnDisk(topic string, partition int32) (int64, error) {
	brokers, _, err := c.admin.DescribeCluster()
	if err != nil {
		return 0, err
	}
	answers, err := c.admin.DescribeLogDirs([]int32{brokers[0].ID()})
	for _, directory := range answers[brokers[0].ID()] {
		for _, found := range directory.Topics {
			for _, p := range found.Partitions {
				if found.Topic == topic && p.PartitionID == partition {
					return p.Size, err
				}
			}
		}
	}
	return 0, err
}
