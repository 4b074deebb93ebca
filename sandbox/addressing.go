package sandbox

import (
	"crypto/rand"

	"go.mau.fi/whatsmeow/types"
)

// The two ways to address an account.
const (
	addressPhone = "phone"
	addressLID   = "lid"
)

func serverOf(address string) string {
	if address == addressLID {
		return types.HiddenUserServer
	}
	return types.DefaultUserServer
}

func addressOf(server string) string {
	if server == types.HiddenUserServer {
		return addressLID
	}
	return addressPhone
}

func otherServer(server string) string {
	if server == types.HiddenUserServer {
		return types.DefaultUserServer
	}
	return types.HiddenUserServer
}

// short is how attributes call a server: "pn" or "lid".
func short(server string) string {
	if server == types.HiddenUserServer {
		return "lid"
	}
	return "pn"
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
