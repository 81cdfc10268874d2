// franz-go against the daemon: franz-go ADDRESS PREFIX.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"millrace.test/stage"
)

type client struct {
	address string
	admin   *kadm.Client
}

func main() {
	stage.Main(func(address string) (stage.Client, error) {
		c := &client{address: address}
		connected, err := c.connect()
		if err == nil {
			c.admin = kadm.NewClient(connected)
		}
		return c, err
	})
}

func (c *client) connect(options ...kgo.Opt) (*kgo.Client, error) {
	base := []kgo.Opt{kgo.SeedBrokers(c.address), kgo.MetadataMinAge(100 * time.Millisecond)}
	return kgo.NewClient(append(base, options...)...)
}

var balancers = map[string]kgo.GroupBalancer{
	"range":              kgo.RangeBalancer(),
	"roundrobin":         kgo.RoundRobinBalancer(),
	"sticky":             kgo.StickyBalancer(),
	"cooperative-sticky": kgo.CooperativeStickyBalancer(),
}

func (c *client) Traits() stage.Traits {
	return stage.Traits{Idempotent: true, Static: true, Null: true, Protocols: []stage.Protocol{
		{Name: "range"}, {Name: "roundrobin"}, {Name: "sticky"}, {Name: "cooperative-sticky"},
		{Name: "consumer", Needs: []int{68}},
	}}
}

func (c *client) Code(err error) int16 {
	var known *kerr.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return 0
}

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

var acks = map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}

type producer struct {
	*kgo.Client
	topic  string
	silent bool
}

func (c *client) Producer(topic string, how stage.Settings) (stage.Producer, error) {
	options := []kgo.Opt{
		kgo.ProducerBatchCompression(codecs[how.Codec]),
		kgo.ProducerBatchMaxBytes(1_048_588),
		kgo.RequiredAcks(acks[how.Acks]),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}
	if !how.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	connected, err := c.connect(options...)
	return &producer{connected, topic, how.Acks == "0"}, err
}

func (p *producer) Send(records []stage.Record) ([]int64, error) {
	sent := make([]*kgo.Record, len(records))
	for i, r := range records {
		sent[i] = &kgo.Record{Topic: p.topic, Partition: r.Partition, Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			sent[i].Headers = append(sent[i].Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		if r.Time != 0 {
			sent[i].Timestamp = time.UnixMilli(r.Time)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.ProduceSync(ctx, sent...).FirstErr(); err != nil || p.silent {
		return nil, err
	}
	offsets := make([]int64, len(sent))
	for i, r := range sent {
		offsets[i] = r.Offset
	}
	return offsets, nil
}

func (p *producer) Close() error {
	p.Client.Close()
	return nil
}

func received(r *kgo.Record) stage.Record {
	out := stage.Record{Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value, Time: r.Timestamp.UnixMilli()}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, stage.Header{Key: h.Key, Value: h.Value})
	}
	return out
}
