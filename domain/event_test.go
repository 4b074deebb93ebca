package domain

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var addMissing = flag.Bool("add-missing", false, "write golden files for event types that have none; existing ones never change")

// A released event's stored form is a promise to every log written so far.
func TestStoredFormOfEveryEventStaysAsReleased(t *testing.T) {
	for _, name := range EventTypes() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "events", name+".json")
			want, err := os.ReadFile(file)
			if os.IsNotExist(err) && *addMissing {
				want = exampleJSON(t, name)
				err = os.WriteFile(file, want, 0o600)
			}
			if err != nil {
				t.Fatalf("no golden file; run go test ./domain -add-missing: %v", err)
			}
			event, err := DecodeEvent(name, 1, want)
			if err != nil {
				t.Fatal(err)
			}
			if event.EventType() != name {
				t.Fatalf("decoded as %s", event.EventType())
			}
			got := indented(t, event)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Fatalf("the stored form changed (-released +now):\n%s", diff)
			}
			if got := exampleJSON(t, name); !bytes.Equal(got, want) {
				t.Fatalf("fields were added or renamed:\n%s", cmp.Diff(string(want), string(got)))
			}
		})
	}
}

// An optional field may be added to a released event. What was stored before it stays as it is, so the form from before is kept
// in a file of its own.
func TestEarlierStoredFormsAreReadAndWrittenAsTheyWere(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "events", "earlier", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no earlier forms: %v", err)
	}
	for _, file := range files {
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		event, err := DecodeEvent(strings.TrimSuffix(name, filepath.Ext(name)), 1, stored)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(stored), string(indented(t, event))); diff != "" {
			t.Errorf("%s changed (-stored +now):\n%s", name, diff)
		}
	}
}

func TestEventsWithPersonalFieldsNameTheirCustomer(t *testing.T) {
	for _, name := range EventTypes() {
		if len(PersonalFields(name)) == 0 {
			continue
		}
		event, err := DecodeEvent(name, 1, exampleJSON(t, name))
		if err != nil {
			t.Fatal(err)
		}
		about, ok := event.(AboutCustomer)
		if !ok || about.Customer() == "" {
			t.Errorf("%s has personal fields and names no customer", name)
		}
	}
}

func TestUnknownEventTypesAreAnErrorNotASkip(t *testing.T) {
	if _, err := DecodeEvent("connection.teleported", 1, []byte("{}")); err == nil {
		t.Fatal("an unknown type was decoded")
	}
}

// exampleJSON is the stored form of the event with every field set.
func exampleJSON(t *testing.T, name string) []byte {
	t.Helper()
	event, err := DecodeEvent(name, 1, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(reflect.TypeOf(event)).Elem()
	fill(v, name)
	return indented(t, v.Interface())
}

func fill(v reflect.Value, hint string) {
	switch v.Kind() { //nolint:exhaustive // the kinds that events have
	case reflect.String:
		v.SetString("a " + hint)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(0.75)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), hint)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), hint)
		fill(v.Index(1), hint)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"key": "value"}))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 14, 2, 8, 123456000, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}
