package main

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"millrace.test/stage"
)

func (c *client) Groups() ([]string, error) {
	ctx, cancel := within20s()
	defer cancel()
	listed, err := c.admin.ListGroups(ctx)
	return listed.Groups(), err
}

func (c *client) Group(group string) (stage.Group, error) {
	ctx, cancel := within20s()
	defer cancel()
	described, err := c.admin.DescribeGroups(ctx, group)
	if err != nil {
		return stage.Group{}, err
	}
	found := described[group]
	return stage.Group{State: found.State, Members: len(found.Members)}, found.Err
}

func (c *client) Commit(group, topic string, offsets map[int32]int64) error {
	ctx, cancel := within20s()
	defer cancel()
	var commits kadm.Offsets
	for partition, offset := range offsets {
		commits.AddOffset(topic, partition, offset, -1)
	}
	return c.admin.CommitAllOffsets(ctx, group, commits)
}

func (c *client) Committed(group, topic string) (map[int32]int64, error) {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.FetchOffsets(ctx, group)
	if err != nil {
		return nil, err
	}
	committed := map[int32]int64{}
	for partition, answer := range answers[topic] {
		committed[partition] = answer.At
	}
	return committed, answers.Error()
}

func (c *client) DeleteOffsets(group, topic string, partition int32) error {
	ctx, cancel := within20s()
	defer cancel()
	answers, err := c.admin.DeleteOffsets(ctx, group, set(topic, partition))
	if err != nil {
		return err
	}
	outcome, there := answers.Lookup(topic, partition)
	if !there {
		return fmt.Errorf("no answer for partition %d", partition)
	}
	return outcome
}

func (c *client) DeleteGroup(group string) error {
	ctx, cancel := within20s()
	defer cancel()
	answer, err := c.admin.DeleteGroup(ctx, group)
	if err != nil {
		return err
	}
	return answer.Err
}
