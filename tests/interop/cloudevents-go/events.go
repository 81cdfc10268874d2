package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// row is an event of the table: its attributes, and one of three kinds of data, or none.
type row struct {
	Name       string
	Attributes map[string]any
	JSON       any
	Text       *string
	Base64     []byte
}

func (r row) event() (event.Event, error) {
	e := event.New()
	told := map[string]func(string){
		"id": e.SetID, "source": e.SetSource, "type": e.SetType, "subject": e.SetSubject, "dataschema": e.SetDataSchema,
	}
	for name, value := range r.Attributes {
		switch set := told[name]; {
		case set != nil:
			set(value.(string))
		case name == "time":
			at, err := types.ParseTime(value.(string))
			if err != nil {
				return e, err
			}
			e.SetTime(at)
		case name != "datacontenttype":
			if number, is := value.(float64); is {
				value = int32(number)
			}
			e.SetExtension(name, value)
		}
	}
	return e, r.setData(&e)
}

// suffixed data are JSON by the standard and text to the SDK: of a value it makes a string of JSON, and in structured mode
// it refuses to read what the standard says. As bytes they are sent by every path; they are read in binary mode.
func (r row) suffixed() bool {
	kind, _ := r.Attributes["datacontenttype"].(string)
	return strings.HasSuffix(kind, "+json")
}

func (r row) setData(e *event.Event) error {
	kind, _ := r.Attributes["datacontenttype"].(string)
	switch {
	case r.JSON != nil && r.suffixed():
		text, err := json.Marshal(r.JSON)
		return errors.Join(err, e.SetData(kind, text))
	case r.JSON != nil:
		return e.SetData(kind, r.JSON)
	case r.Text != nil:
		return e.SetData(kind, *r.Text)
	case r.Base64 != nil:
		return e.SetData(kind, r.Base64)
	}
	return nil
}

// facts are the attributes as their canonical strings, and the data: a value if they are JSON, else bytes.
func facts(e event.Event) (map[string]any, error) {
	out := map[string]any{}
	maps.Copy(out, e.Extensions())
	for name, value := range out {
		text, err := types.Format(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = text
	}
	for name, value := range map[string]string{
		"id": e.ID(), "source": e.Source(), "type": e.Type(), "subject": e.Subject(), "dataschema": e.DataSchema(),
		"datacontenttype": e.DataContentType(),
	} {
		if value != "" {
			out[name] = value
		}
	}
	if !e.Time().IsZero() {
		out["time"] = e.Time().UTC().Format(time.RFC3339Nano)
	}
	if strings.HasSuffix(e.DataMediaType(), "json") {
		var value any
		err := json.Unmarshal(e.Data(), &value)
		out[" data"] = value
		return out, err
	}
	out[" data"] = hex.EncodeToString(e.Data())
	return out, nil
}
