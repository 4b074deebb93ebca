package domain

import (
	"crypto/sha1" //nolint:gosec // UUIDv5 is defined over SHA-1 (RFC 9562 §5.5); it names things, it protects nothing
	"encoding/hex"
	"strings"
)

// Ids are UUIDs in their canonical text form (36 characters, lower case).
type (
	// WorkspaceID names a business using us.
	WorkspaceID string
	// MemberID names a person who signs in.
	MemberID string
	// CustomerID names a person writing in. It is random, so that nothing about the person can be read from it.
	CustomerID string
	// FAQID names a set of question wordings and their answer.
	FAQID string
	// ReplyID names one outbound text, from the moment it is queued.
	ReplyID string
	// EventID names an event. Appending the same id twice changes nothing.
	EventID string
)

// MessageID is an id chosen by WhatsApp or by a sender. It is unique only within one customer's conversation and direction.
type MessageID string

// TraceID is the id under which what is done with an event is traced and logged: the same, in the notation of W3C Trace Context.
func (id EventID) TraceID() string { return strings.ReplaceAll(string(id), "-", "") }

// Namespace is the UUIDv5 namespace of every id derived by this program (RFC 9562 §5.5).
const Namespace = "5b1f3c52-7a2e-4c0c-9d0e-5d1a6c1f9b37"

// DeriveID returns the UUIDv5 of parts within namespace: the same words always give the same id, so a repeated request is
// recognised by its id. Parts are joined by a zero byte, so ("a","bc") and ("ab","c") differ.
func DeriveID(namespace string, parts ...string) string {
	ns, err := hex.DecodeString(strings.ReplaceAll(namespace, "-", ""))
	if err != nil || len(ns) != 16 {
		ns = []byte(namespace) // not a UUID: still one fixed name space of its own
	}
	sum := sha1.Sum(append(ns, strings.Join(parts, "\x00")...)) //nolint:gosec // see the import
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return formatUUID(sum[:16])
}

func formatUUID(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
