// sarama against the daemon: scenarios ADDRESS PREFIX.
package main

import (
	"errors"
	"time"

	"github.com/IBM/sarama"
	"millrace.test/stage"
)

type client struct {
	address string
	admin   sarama.ClusterAdmin
	client  sarama.Client
}

func main() {
	stage.Main(func(address string) (stage.Client, error) {
		c := &client{address: address}
		var err error
		if c.client, err = sarama.NewClient([]string{address}, config()); err != nil {
			return nil, err
		}
		c.admin, err = sarama.NewClusterAdminFromClient(c.client)
		return c, err
	})
}

// config asks for the newest version of everything; the client takes what the broker has of it.
func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Metadata.Retry.Max, c.Metadata.Retry.Backoff = 100, 50*time.Millisecond
	c.Admin.Retry.Backoff = 50 * time.Millisecond
	return c
}

func (c *client) Traits() stage.Traits {
	return stage.Traits{Idempotent: true, Static: true, Null: true, Protocols: []stage.Protocol{
		{Name: "range"}, {Name: "roundrobin"}, {Name: "sticky"}, {Name: "cooperative-sticky"},
	}}
}

func (c *client) Code(err error) int16 {
	var known sarama.KError
	if errors.As(err, &known) {
		return int16(known)
	}
	return 0
}

var codecs = map[string]sarama.CompressionCodec{
	"none":   sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

var acks = map[string]sarama.RequiredAcks{"0": sarama.NoResponse, "1": sarama.WaitForLocal, "all": sarama.WaitForAll}

type producer struct {
	sarama.SyncProducer
	topic  string
	silent bool
}

func (c *client) Producer(topic string, how stage.Settings) (stage.Producer, error) {
	settings := config()
	settings.Producer.Compression = codecs[how.Codec]
	settings.Producer.RequiredAcks = acks[how.Acks]
	settings.Producer.Partitioner = sarama.NewManualPartitioner
	settings.Producer.MaxMessageBytes = 1_048_588
	settings.Producer.Return.Successes = true
	settings.Producer.Retry.Max, settings.Producer.Retry.Backoff = 200, 50*time.Millisecond
	if how.Idempotent {
		settings.Producer.Idempotent = true
		settings.Net.MaxOpenRequests = 1
	}
	connected, err := sarama.NewSyncProducer([]string{c.address}, settings)
	return &producer{connected, topic, how.Acks == "0"}, err
}

func (p *producer) Send(records []stage.Record) ([]int64, error) {
	sent := make([]*sarama.ProducerMessage, len(records))
	for i, r := range records {
		sent[i] = &sarama.ProducerMessage{Topic: p.topic, Partition: r.Partition, Key: encoder(r.Key), Value: encoder(r.Value)}
		for _, h := range r.Headers {
			sent[i].Headers = append(sent[i].Headers, sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
		}
		if r.Time != 0 {
			sent[i].Timestamp = time.UnixMilli(r.Time)
		}
	}
	if err := p.SendMessages(sent); err != nil || p.silent {
		return nil, err
	}
	offsets := make([]int64, len(sent))
	for i, message := range sent {
		offsets[i] = message.Offset
	}
	return offsets, nil
}

func encoder(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

func received(m *sarama.ConsumerMessage) stage.Record {
	out := stage.Record{Partition: m.Partition, Offset: m.Offset, Key: m.Key, Value: m.Value, Time: m.Timestamp.UnixMilli()}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, stage.Header{Key: string(h.Key), Value: h.Value})
	}
	return out
}
