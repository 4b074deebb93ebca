package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// read decodes the body into one of the request types. Unknown fields are refused, and so is anything after the body.
func read[T any](c call) (T, error) {
	var into T
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return into, bodyError(err)
	}
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); err != nil || kind != echo.MIMEApplicationJSON {
		return into, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	if bytes.Contains(body, []byte(`\u0000`)) || !utf8.Valid(body) {
		return into, domain.Refuse(domain.Invalid, "body.text", "The request holds characters that are no text.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&into); err != nil {
		return into, bodyError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return into, errBody
	}
	return into, nil
}

// readOptional is read for a body that may be left out.
func readOptional[T any](c call) (T, error) {
	if c.Request().ContentLength == 0 {
		var none T
		return none, nil
	}
	return read[T](c)
}

var errBody = domain.Refuse(domain.Invalid, "body.invalid", "The request is not the JSON that was expected.")

func bodyError(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge)
	}
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrongType.Field != "" {
		return domain.InvalidField(wrongType.Field, "field.type", "This field has the wrong type.")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return domain.InvalidField(strings.Trim(name, `"`), "field.unknown", "There is no such field.")
	}
	return errBody
}

// within refuses text that is missing or too long, in characters.
func within(field, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n < least && strings.TrimSpace(text) == "":
		return domain.InvalidField(field, "field.missing", "This field is needed.")
	case n < least:
		return domain.InvalidField(field, "field.too_short", "This is too short; at least "+strconv.Itoa(least)+" characters are needed.")
	case n > most:
		return domain.InvalidField(field, "field.too_long", "This is too long; at most "+strconv.Itoa(most)+" characters are allowed.")
	}
	return nil
}

// numberParam reads a whole number from the query; nil when it is not given.
func numberParam(c echo.Context, name string, least, most int64) (*int64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return nil, nil //nolint:nilnil // not given is no error
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return nil, domain.InvalidField(name, "parameter.invalid", "This is not a number that can be used here.")
	}
	return &n, nil
}

const maxPosition = int64(1) << 53 // what a browser's numbers hold exactly

// waitFor lets the read model reach the position in ?after=, if there is one; it does not wait for long, and a read model
// that is behind is read as it is.
func (s *Server) waitFor(c call, model string) error {
	after, err := numberParam(c, "after", 0, maxPosition)
	if err != nil || after == nil {
		return err
	}
	return s.waitUntil(c, model, *after)
}

func (s *Server) waitUntil(c call, model string, position int64) error {
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.config.LongestWait)
	defer cancel()
	if err := s.config.Waiter.Wait(ctx, model, position); err != nil && ctx.Err() == nil {
		return err
	}
	return c.Request().Context().Err()
}

// wrote notes the position a write reached and waits for the read model that the answer is read from.
func (s *Server) wrote(c call, position int64, model string) error {
	c.Response().Header().Set("X-Position", strconv.FormatInt(position, 10))
	return s.waitUntil(c, model, position)
}

// inWorkspace reads what belongs to the asker's workspace.
func (s *Server) inWorkspace(c call, read func(projections.Queryer) error) error {
	return s.config.Reader.InWorkspace(c.Request().Context(), c.session.Workspace, read)
}

// caller says on whose behalf a command is carried out.
func (c call) caller() commands.Caller {
	return commands.Caller{Actor: domain.Actor{Kind: domain.ActorMember, ID: string(c.session.Member)}}
}

func writeJSON(c echo.Context, status int, body any) error {
	header := c.Response().Header()
	if header.Get(echo.HeaderContentType) == "" {
		header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c.Response().WriteHeader(status)
	_, err = c.Response().Write(append(data, '\n'))
	return err
}
