package postgres

import (
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// request is an AppendRequest ready to be stored: bodies written, personal parts sealed.
type request struct {
	source commands.AppendRequest
	parts  [][]encoded
	events int
	bytes  int // about what it adds to a statement
}

// appendCall are the parameters of append_events for one or more requests.
type appendCall struct {
	requests, parts, events int

	workspace, epoch, actorKind, actorID, causation, correlation, lastEvent array // per request
	partRequest, stream, streamKind, streamKey, expected, partEvents        array // per part
	eventPart, eventNumber, eventID, eventType, schema, occurredAt          array // per event
	data, sealed, keyID                                                     array
}

const appendStatement = `
SELECT outcome, last_position
  FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`

func newAppendCall(requests ...request) *appendCall {
	call := &appendCall{}
	for _, r := range requests {
		call.add(r)
	}
	return call
}

func (c *appendCall) add(r request) {
	c.requests++
	meta := r.source.Meta
	c.workspace.addWord(string(r.source.Workspace))
	c.epoch.addInt(r.source.Epoch)
	c.actorKind.addWord(string(meta.Actor.Kind))
	c.actorID.addWord(meta.Actor.ID)
	c.causation.addWordOrNull(string(meta.CausationID))
	correlation := meta.CorrelationID
	if correlation == "" {
		correlation = meta.CausationID
	}
	c.correlation.addWordOrNull(string(correlation))
	for i, part := range r.source.Parts {
		c.addPart(part.Stream, part.Expected, r.parts[i])
	}
	c.lastEvent.addInt(int64(c.events))
}

func (c *appendCall) addPart(stream domain.StreamID, expected int64, events []encoded) {
	c.parts++
	c.partRequest.addInt(int64(c.requests))
	c.stream.addWord(stream.UUID())
	c.streamKind.addWord(string(stream.Kind))
	c.streamKey.addWord(stream.Key)
	c.expected.addInt(expected)
	c.partEvents.addInt(int64(len(events)))
	for i, e := range events {
		c.eventNumber.addInt(int64(i) + 1)
		c.addEvent(e)
	}
}

func (c *appendCall) addEvent(e encoded) {
	c.events++
	c.eventPart.addInt(int64(c.parts))
	c.eventID.addWord(string(e.id))
	c.eventType.addWord(e.eventType)
	c.schema.addInt(int64(e.schemaVersion))
	if e.occurredAt.IsZero() {
		c.occurredAt.addNull()
	} else {
		c.occurredAt.addWord(e.occurredAt.UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
	}
	c.data.addText(string(e.data))
	c.sealed.addBytes(e.sealed)
	c.keyID.addWordOrNull(e.keyID)
}

func (c *appendCall) args() []any {
	return []any{
		c.workspace.param(), c.epoch.param(), c.actorKind.param(), c.actorID.param(), c.causation.param(), c.correlation.param(),
		c.lastEvent.param(),
		c.partRequest.param(), c.stream.param(), c.streamKind.param(), c.streamKey.param(), c.expected.param(), c.partEvents.param(),
		c.eventPart.param(), c.eventNumber.param(), c.eventID.param(), c.eventType.param(), c.schema.param(), c.occurredAt.param(),
		c.data.param(), c.sealed.param(), c.keyID.param(),
	}
}
