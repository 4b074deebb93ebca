package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
)

// Event is a fact. Its stored name is written out and never changes; its JSON body is snake_case.
//
// A field tagged `personal:"true"` holds something about a customer (phone, name, words). It is stored sealed under that
// customer's key and comes back empty once the customer is forgotten; an event with such fields implements AboutCustomer.
type Event interface {
	EventType() string
}

// AboutCustomer is an event that names whose personal fields it carries.
type AboutCustomer interface {
	Event
	Customer() CustomerID
}

// Versioned is an event whose JSON shape has changed since it was first released. Without it the schema version is 1.
type Versioned interface {
	SchemaVersion() int
}

type eventKind struct {
	decode   func(data []byte) (Event, error)
	personal []string
}

var kinds = map[string]eventKind{} //nolint:gochecknoglobals // filled while the package loads, read-only after

// register makes an event type known under its stored name.
func register[E Event]() struct{} {
	var zero E
	kinds[zero.EventType()] = eventKind{
		decode: func(data []byte) (Event, error) {
			var e E
			if err := json.Unmarshal(data, &e); err != nil {
				return nil, err
			}
			return e, nil
		},
		personal: personalFields(reflect.TypeFor[E]()),
	}
	return struct{}{}
}

func personalFields(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		if f.Tag.Get("personal") == "true" {
			names = append(names, jsonName(f))
		}
	}
	return names
}

func jsonName(f reflect.StructField) string {
	tag := f.Tag.Get("json")
	for i, c := range tag {
		if c == ',' {
			return tag[:i]
		}
	}
	return tag
}

// EventTypes lists every stored name, sorted.
func EventTypes() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// PersonalFields returns the JSON names of the fields of eventType that are about a customer.
func PersonalFields(eventType string) []string { return kinds[eventType].personal }

// DecodeEvent reads the body of a stored event, after bringing it to the newest schema version.
func DecodeEvent(eventType string, schemaVersion int, data []byte) (Event, error) {
	kind, ok := kinds[eventType]
	if !ok {
		return nil, fmt.Errorf("event type %q is not known to this version of the program", eventType)
	}
	data, err := upcast(eventType, schemaVersion, data)
	if err != nil {
		return nil, fmt.Errorf("upcast %s from schema %d: %w", eventType, schemaVersion, err)
	}
	e, err := kind.decode(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", eventType, err)
	}
	return e, nil
}

// SchemaVersionOf returns the version under which e is stored today.
func SchemaVersionOf(e Event) int {
	if v, ok := e.(Versioned); ok {
		return v.SchemaVersion()
	}
	return 1
}
