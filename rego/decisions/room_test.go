package decisions_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"tollgate.dev/tollgate/rego/decisions"
)

// told says when a line was written.
type told struct{ lines chan struct{} }

func (told) Enabled(context.Context, slog.Level) bool { return true }
func (h told) Handle(context.Context, slog.Record) error {
	h.lines <- struct{}{}
	return nil
}
func (h told) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h told) WithGroup(string) slog.Handler      { return h }

// What was written waits no more: a log takes any number of objects, one after the other.
func TestWhatWasWrittenMakesRoom(t *testing.T) {
	h := told{make(chan struct{})}
	log := decisions.New(h, decisions.Options{RefusalsPerSecond: 1000})
	d := decision("Thing", strings.Repeat("!", 8<<20), denial("no")) // no JSON, which is quick to read
	for range 10 {
		log.Record(d)
		if log.Dropped() != 0 {
			t.Fatal("it was dropped: what was written counts still")
		}
		<-h.lines
	}
	if err := log.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
