// The CloudEvents SDK for Go against the daemon: scenarios TABLE ADDRESS PREFIX.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/v2/client"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/protocol"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

var validated = map[string]string{
	"cloudevents.storage.mode": "preserve",
	"cloudevents.validation":   "binary-or-structured",
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	var table []row
	if err == nil {
		err = json.Unmarshal(text, &table)
	}
	b := &broker{address: os.Args[2], base: "http://" + os.Getenv("HTTP") + "/v1/topics/"}
	if err == nil {
		b.http, err = plainClient()
	}
	if err != nil {
		fmt.Printf("not ok start: %v\n", err)
		os.Exit(1)
	}
	prefix := os.Args[3]
	b.everyPath(prefix+"-binary", "binary", map[string]string{}, table)
	b.everyPath(prefix+"-preserve", "preserve", validated, table)
	scenario("null headers are no attributes", func() error { return b.nullHeaders(prefix + "-nulls") })
	scenario("a refusal is a result with its status", func() error { return b.refused(prefix+"-nowhere", table[0]) })
}

// plainClient adds no time to events that have none, as the SDK's own would.
func plainClient() (client.Client, error) {
	door, err := cehttp.New()
	if err != nil {
		return nil, err
	}
	return client.New(door)
}

func scenario(what string, story func() error) {
	if err := story(); err != nil {
		fmt.Printf("not ok %s: %s\n", what, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	fmt.Println("ok " + what)
}

func (b *broker) makeTopic(name string, configs map[string]string) error {
	body, err := json.Marshal(map[string]any{"name": name, "partitions": 1, "configs": configs})
	if err != nil {
		return err
	}
	answer, err := http.Post(strings.TrimSuffix(b.base, "/"), "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("topic %s: status %d", name, answer.StatusCode)
	}
	return nil
}

// sent is an event that was published; its offset counts what was before it.
type sent struct {
	row
	expected map[string]any
	offset   int
	trouble  error
}

func (b *broker) everyPath(topic, storage string, configs map[string]string, table []row) {
	var records []event.Event
	all, count := map[string][]sent{}, 0
	err := b.makeTopic(topic, configs)
	if err == nil {
		for _, path := range b.publishers() {
			for _, r := range table {
				one := publish(topic, path, r)
				if one.offset = count; one.trouble == nil {
					count++
				}
				all[path.name] = append(all[path.name], one)
			}
		}
		records, err = b.consume(topic, count)
	}
	for _, path := range b.publishers() {
		for _, r := range b.readers(records) {
			scenario(fmt.Sprintf("stored %s: from %s to %s", storage, path.name, r.name), func() error {
				if err != nil {
					return err
				}
				return compare(topic, all[path.name], r)
			})
		}
	}
}

func publish(topic string, path publisher, r row) sent {
	e, err := r.event()
	if err != nil {
		return sent{row: r, trouble: err}
	}
	expected, err := facts(e)
	if err == nil {
		err = path.publish(topic, e)
	}
	return sent{row: r, expected: expected, trouble: err}
}

func compare(topic string, published []sent, r reader) error {
	for _, one := range published {
		if one.trouble != nil {
			return fmt.Errorf("%s: %w", one.Name, one.trouble)
		}
		if r.structured && one.suffixed() {
			continue
		}
		e, err := r.read(topic, one.offset)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
		if found, err := facts(*e); err != nil || !reflect.DeepEqual(one.expected, found) {
			return fmt.Errorf("%s: expected %v, found %v, %v", one.Name, one.expected, found, err)
		}
	}
	return nil
}

// nullHeaders sends what some SDKs make of attributes that an event does not have.
func (b *broker) nullHeaders(topic string) error {
	if err := b.makeTopic(topic, validated); err != nil {
		return err
	}
	settings := config()
	settings.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer([]string{b.address}, settings)
	if err != nil {
		return err
	}
	defer producer.Close()
	message := &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("text")}
	for name, value := range map[string][]byte{
		"ce_specversion": []byte("1.0"), "ce_id": []byte("1"), "ce_source": []byte("/s"), "ce_type": []byte("t"),
		"ce_subject": nil, "ce_time": nil, "ce_schemaurl": nil, "content-type": nil, "ce_datacontenttype": nil,
	} {
		message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(name), Value: value})
	}
	if _, _, err = producer.SendMessage(message); err != nil {
		return err
	}
	for _, r := range b.readers(nil)[:3] {
		e, err := r.read(topic, 0)
		if err != nil {
			return err
		}
		found, err := facts(*e)
		expected := map[string]any{"id": "1", "source": "/s", "type": "t", " data": "74657874"}
		if err != nil || !reflect.DeepEqual(expected, found) {
			return fmt.Errorf("%s: expected %v, found %v, %v", r.name, expected, found, err)
		}
	}
	return nil
}

func (b *broker) refused(nowhere string, r row) error {
	e, err := r.event()
	if err != nil {
		return err
	}
	var result *cehttp.Result
	told := b.post(context.Background(), nowhere, e)
	if !protocol.ResultAs(told, &result) || result.StatusCode != http.StatusNotFound {
		return fmt.Errorf("the result is %v", told)
	}
	return nil
}
