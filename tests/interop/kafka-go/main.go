// kafka-go against the daemon: scenarios ADDRESS PREFIX.
package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"millrace.test/stage"
)

type client struct {
	address string
	kafka   *kafka.Client
}

func main() {
	stage.Main(func(address string) (stage.Client, error) {
		transport := &kafka.Transport{MetadataTTL: 200 * time.Millisecond}
		c := &client{address, &kafka.Client{Addr: kafka.TCP(address), Timeout: 20 * time.Second, Transport: transport}}
		return c, nil
	})
}

func (c *client) Traits() stage.Traits {
	return stage.Traits{Merges: true, Protocols: []stage.Protocol{{Name: "range"}, {Name: "roundrobin"}}}
}

func (c *client) Code(err error) int16 {
	var known kafka.Error
	if errors.As(err, &known) {
		return int16(known)
	}
	return 0
}

var codecs = map[string]kafka.Compression{
	"none":   0,
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

var acks = map[string]kafka.RequiredAcks{"0": kafka.RequireNone, "1": kafka.RequireOne, "all": kafka.RequireAll}

// producer writes each record once: without idempotence a second try could store it twice.
type producer struct {
	writer *kafka.Writer
	silent bool
	lock   sync.Mutex
	said   []int64
}

// place travels with a record through the writer.
type place struct {
	partition int32
	index     int
}

func (c *client) Producer(topic string, how stage.Settings) (stage.Producer, error) {
	p := &producer{silent: how.Acks == "0"}
	p.writer = &kafka.Writer{
		Addr:         c.kafka.Addr,
		Topic:        topic,
		Compression:  codecs[how.Codec],
		RequiredAcks: acks[how.Acks],
		MaxAttempts:  1,
		BatchSize:    1000,
		BatchBytes:   1_048_588,
		BatchTimeout: 5 * time.Millisecond,
		Balancer:     kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return int(m.WriterData.(place).partition) }),
		Completion:   p.complete,
		Transport:    &kafka.Transport{MetadataTTL: 200 * time.Millisecond},
	}
	return p, nil
}

func (p *producer) complete(messages []kafka.Message, err error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, m := range messages {
		if err == nil {
			p.said[m.WriterData.(place).index] = m.Offset
		}
	}
}

func (p *producer) Send(records []stage.Record) ([]int64, error) {
	sent := make([]kafka.Message, len(records))
	for i, r := range records {
		sent[i] = kafka.Message{Key: r.Key, Value: r.Value, WriterData: place{r.Partition, i}}
		for _, h := range r.Headers {
			sent[i].Headers = append(sent[i].Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		if r.Time != 0 {
			sent[i].Time = time.UnixMilli(r.Time)
		}
	}
	p.said = make([]int64, len(records))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.writer.WriteMessages(ctx, sent...); err != nil || p.silent {
		return nil, err
	}
	return p.said, nil
}

func (p *producer) Close() error { return p.writer.Close() }

func received(m kafka.Message) stage.Record {
	out := stage.Record{Partition: int32(m.Partition), Offset: m.Offset, Key: m.Key, Value: m.Value, Time: m.Time.UnixMilli()}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, stage.Header{Key: h.Key, Value: h.Value})
	}
	return out
}
