package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/IBM/sarama"
	protobuf "github.com/cloudevents/sdk-go/binding/format/protobuf/v2"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/client"
	cecontext "github.com/cloudevents/sdk-go/v2/context"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/protocol"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// broker is where the two doors are.
type broker struct {
	address, base string
	http          client.Client
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.MaxWaitTime = 50 * time.Millisecond
	return c
}

type publisher struct {
	name    string
	publish func(topic string, e event.Event) error
}

func (b *broker) publishers() []publisher {
	background := context.Background()
	binary, structured := binding.WithForceBinary(background), binding.WithForceStructured(background)
	proto := binding.UseFormatForEvent(structured, protobuf.Protobuf)
	return []publisher{
		{"HTTP binary", func(topic string, e event.Event) error { return b.post(binary, topic, e) }},
		{"HTTP structured", func(topic string, e event.Event) error { return b.post(structured, topic, e) }},
		{"HTTP batch", b.postBatch},
		{"HTTP protobuf", func(topic string, e event.Event) error { return b.post(proto, topic, e) }},
		{"Kafka binary", func(topic string, e event.Event) error { return b.produce(binary, topic, e) }},
		{"Kafka structured", func(topic string, e event.Event) error { return b.produce(structured, topic, e) }},
		{"Kafka protobuf", func(topic string, e event.Event) error { return b.produce(proto, topic, e) }},
	}
}

func taken(result protocol.Result) error {
	if protocol.IsACK(result) {
		return nil
	}
	return result
}

func (b *broker) post(ctx context.Context, topic string, e event.Event) error {
	return taken(b.http.Send(cecontext.WithTarget(ctx, b.base+topic+"/events"), e))
}

func (b *broker) postBatch(topic string, e event.Event) error {
	request, err := cehttp.NewHTTPRequestFromEvents(context.Background(), b.base+topic+"/events", []event.Event{e})
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

func (b *broker) produce(ctx context.Context, topic string, e event.Event) error {
	sender, err := kafka_sarama.NewSender([]string{b.address}, config(), topic)
	if err != nil {
		return err
	}
	defer sender.Close(ctx)
	c, err := client.New(sender)
	if err != nil {
		return err
	}
	return taken(c.Send(ctx, e))
}

type reader struct {
	name       string
	structured bool
	read       func(topic string, offset int) (*event.Event, error)
}

func (b *broker) readers(records []event.Event) []reader {
	return []reader{
		{"HTTP binary", false, b.getBinary},
		{"HTTP structured", true, func(topic string, offset int) (*event.Event, error) {
			return get(b, topic, offset, event.ApplicationCloudEventsJSON, cehttp.NewEventFromHTTPResponse)
		}},
		{"HTTP batch", true, func(topic string, offset int) (*event.Event, error) {
			events, err := get(b, topic, offset, event.ApplicationCloudEventsBatchJSON, cehttp.NewEventsFromHTTPResponse)
			if err != nil || len(events) != 1 {
				return nil, fmt.Errorf("%d events, %w", len(events), err)
			}
			return &events[0], nil
		}},
		{"HTTP protobuf", false, func(topic string, offset int) (*event.Event, error) {
			return get(b, topic, offset, protobuf.ApplicationCloudEventsProtobuf, cehttp.NewEventFromHTTPResponse)
		}},
		{"Kafka", false, func(_ string, offset int) (*event.Event, error) { return &records[offset], nil }},
	}
}

func get[T any](b *broker, topic string, offset int, accept string, parse func(*http.Response) (T, error)) (T, error) {
	var none T
	place := fmt.Sprintf("%s%s/partitions/0/events?offset=%d&max_events=1", b.base, topic, offset)
	request, err := http.NewRequest(http.MethodGet, place, nil)
	if err != nil {
		return none, err
	}
	request.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return none, err
	}
	defer answer.Body.Close()
	return parse(answer)
}

// getBinary undoes the percent-encoding of header fields, which the SDK leaves.
func (b *broker) getBinary(topic string, offset int) (*event.Event, error) {
	return get(b, topic, offset, "*/*", func(answer *http.Response) (*event.Event, error) {
		for name, values := range answer.Header {
			if plain, err := url.PathUnescape(values[0]); err == nil {
				answer.Header[name] = []string{plain}
			}
		}
		return cehttp.NewEventFromHTTPResponse(answer)
	})
}

// consume receives every event of a topic. To those in binary mode, the SDK adds where they were.
func (b *broker) consume(topic string, count int) ([]event.Event, error) {
	consumer, err := kafka_sarama.NewConsumer([]string{b.address}, config(), topic, topic)
	if err != nil {
		return nil, err
	}
	defer consumer.Close(context.Background())
	c, err := client.New(consumer, client.WithPollGoroutines(1), client.WithBlockingCallback())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	var got []event.Event
	var misplaced error
	err = c.StartReceiver(ctx, func(e event.Event) {
		if at, told := e.Extensions()["kafkaoffset"]; told && at != strconv.Itoa(len(got)) {
			misplaced = fmt.Errorf("record %d is said to be at %v", len(got), at)
		}
		for _, added := range []string{"kafkatopic", "kafkapartition", "kafkaoffset"} {
			e.SetExtension(added, nil)
		}
		if got = append(got, e); len(got) == count {
			stop()
		}
	})
	if len(got) != count {
		err = errors.Join(err, fmt.Errorf("%d of %d records", len(got), count))
	}
	return got, errors.Join(err, misplaced)
}
