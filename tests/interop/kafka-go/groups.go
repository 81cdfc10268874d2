package main

import (
	"github.com/segmentio/kafka-go"
	"millrace.test/stage"
)

func (c *client) Groups() ([]string, error) {
	answer, err := c.kafka.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, group := range answer.Groups {
		groups = append(groups, group.GroupID)
	}
	return groups, answer.Error
}

func (c *client) describe(group string) (kafka.DescribeGroupsResponseGroup, error) {
	answer, err := c.kafka.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{group}})
	if err != nil {
		return kafka.DescribeGroupsResponseGroup{}, err
	}
	return answer.Groups[0], answer.Groups[0].Error
}

func (c *client) Group(group string) (stage.Group, error) {
	described, err := c.describe(group)
	return stage.Group{State: described.GroupState, Members: len(described.Members)}, err
}

func (c *client) Commit(group, topic string, offsets map[int32]int64) error {
	var commits []kafka.OffsetCommit
	for partition, offset := range offsets {
		commits = append(commits, kafka.OffsetCommit{Partition: int(partition), Offset: offset})
	}
	answer, err := c.kafka.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID:      group,
		GenerationID: -1, // of nobody who is a member
		Topics:       map[string][]kafka.OffsetCommit{topic: commits},
	})
	if err != nil {
		return err
	}
	for _, partition := range answer.Topics[topic] {
		if partition.Error != nil {
			return partition.Error
		}
	}
	return nil
}

func (c *client) Committed(group, topic string) (map[int32]int64, error) {
	answer, err := c.kafka.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group})
	if err != nil {
		return nil, err
	}
	committed := map[int32]int64{}
	for _, partition := range answer.Topics[topic] {
		committed[int32(partition.Partition)] = partition.CommittedOffset
	}
	return committed, answer.Error
}

func (c *client) DeleteOffsets(group, topic string, partition int32) error {
	asked := map[string][]int{topic: {int(partition)}}
	answer, err := c.kafka.OffsetDelete(ctx, &kafka.OffsetDeleteRequest{GroupID: group, Topics: asked})
	if err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	return answer.Topics[topic][0].Error
}

func (c *client) DeleteGroup(group string) error {
	answer, err := c.kafka.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
	if err != nil {
		return err
	}
	return answer.Errors[group]
}
