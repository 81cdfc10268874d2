package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"millrace.test/stage"
)

var ctx = context.Background() // the client has a timeout of its own

func (c *client) CreateTopic(topic string, partitions int32, replicas int16, configs map[string]string) error {
	wanted := kafka.TopicConfig{Topic: topic, NumPartitions: int(partitions), ReplicationFactor: int(replicas)}
	for name, value := range configs {
		wanted.ConfigEntries = append(wanted.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	answer, err := c.kafka.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{wanted}})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

func (c *client) DeleteTopic(topic string) error {
	answer, err := c.kafka.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

func (c *client) Topics() (map[string]int, error) {
	answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, err
	}
	topics := map[string]int{}
	for _, topic := range answer.Topics {
		topics[topic.Name] = len(topic.Partitions)
	}
	return topics, nil
}

func (c *client) AddPartitions(topic string, count int32) error {
	wanted := []kafka.TopicPartitionsConfig{{Name: topic, Count: count}}
	answer, err := c.kafka.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: wanted})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

func (c *client) Config(topic, name string) (stage.Config, error) {
	asked := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{name}}
	answer, err := c.kafka.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{asked}})
	if err != nil {
		return stage.Config{}, err
	}
	found := answer.Resources[0]
	if len(found.ConfigEntries) != 1 || found.ConfigEntries[0].ConfigName != name {
		return stage.Config{}, fmt.Errorf("asked for %s, found %v, %w", name, found.ConfigEntries, found.Error)
	}
	const topicConfig = 1 // the source of what was set on the topic
	entry := found.ConfigEntries[0]
	return stage.Config{Value: entry.ConfigValue, Default: entry.ConfigSource != topicConfig}, found.Error
}

func (c *client) SetConfig(topic, name, value string) error {
	change := kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}
	if value == "" {
		change.ConfigOperation = kafka.ConfigOperationDelete
	}
	answer, err := c.kafka.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic,
			ResourceName: topic,
			Configs:      []kafka.IncrementalAlterConfigsRequestConfig{change},
		}},
	})
	if err != nil {
		return err
	}
	return answer.Resources[0].Error
}

func (c *client) ReplaceConfigs(topic string, configs map[string]string) error {
	resource := kafka.AlterConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}
	for name, value := range configs {
		resource.Configs = append(resource.Configs, kafka.AlterConfigRequestConfig{Name: name, Value: value})
	}
	answer, err := c.kafka.AlterConfigs(ctx, &kafka.AlterConfigsRequest{Resources: []kafka.AlterConfigRequestResource{resource}})
	if err != nil {
		return err
	}
	for _, refused := range answer.Errors {
		if refused != nil {
			return refused
		}
	}
	return nil
}

func (c *client) Offset(topic string, partition int32, at int64) (int64, error) {
	answer, err := c.kafka.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: {{Partition: int(partition), Timestamp: at}}},
	})
	if err != nil {
		return 0, err
	}
	found := answer.Topics[topic][0]
	switch at {
	case stage.Latest:
		return found.LastOffset, found.Error
	case stage.Earliest:
		return found.FirstOffset, found.Error
	}
	for offset := range found.Offsets {
		return offset, found.Error
	}
	return 0, errors.Join(errors.New("no offset"), found.Error)
}

func (c *client) Cluster() (int, bool, error) {
	answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return 0, false, err
	}
	if answer.ClusterID == "" {
		err = errors.New("no cluster id")
	}
	return len(answer.Brokers), len(answer.Brokers) > 0 && answer.Brokers[0].ID == answer.Controller.ID, err
}

func (c *client) ElectLeader(topic string, partition int32) error {
	answer, err := c.kafka.ElectLeaders(ctx, &kafka.ElectLeadersRequest{Topic: topic, Partitions: []int{int(partition)}})
	if err != nil {
		return err
	}
	return errors.Join(answer.Error, answer.PartitionResults[0].Error)
}

func (c *client) Reassignments(topic string) (int, error) {
	asked := map[string]kafka.ListPartitionReassignmentsRequestTopic{topic: {PartitionIndexes: []int{0}}}
	answer, err := c.kafka.ListPartitionReassignments(ctx, &kafka.ListPartitionReassignmentsRequest{Topics: asked})
	if err != nil {
		return 0, err
	}
	return len(answer.Topics), answer.Error
}
