package whatsapp

import (
	"fmt"
	"reflect"
	"unsafe"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"
)

// The library makes room at once for 256 sent messages and for 2,048 stanzas, 58 KiB that a session does without most of the
// time, and has no setting for either. So two of its fields are set from outside, before anything else can look at them. When
// another version of the library has them no more, hear fails, and TestAClientTakesLittleRoom.

// shrink lets the memory of sent messages begin empty; it grows to the same size.
func shrink(client *whatsmeow.Client) {
	if sent := reflect.ValueOf(client).Elem().FieldByName("recentMessagesMap"); sent.Kind() == reflect.Map {
		reflect.NewAt(sent.Type(), unsafe.Pointer(sent.UnsafeAddr())).Elem().Set(reflect.MakeMap(sent.Type())) //nolint:gosec // of the field's own type
	}
}

// hear has frames go to take, and no more to the queue that the handshake has made, which can be collected then.
func hear(client *whatsmeow.Client, take socket.FrameHandler) error {
	noise, err := inner[*socket.NoiseSocket](client, "socket")
	if err != nil {
		return err
	}
	handler, err := inner[socket.FrameHandler](*noise, "onFrame")
	if err != nil {
		return err
	}
	*handler = take
	return nil
}

// inner points to a field of the library's.
func inner[T any](of any, name string) (*T, error) {
	field := reflect.ValueOf(of).Elem().FieldByName(name)
	if !field.IsValid() || field.Type() != reflect.TypeFor[T]() {
		return nil, fmt.Errorf("whatsmeow is another than it was: %T has no %s of the type %s", of, name, reflect.TypeFor[T]())
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr())), nil //nolint:gosec // the type was compared
}
