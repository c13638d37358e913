package limits

import (
	"testing"
	"time"

	"tollgate.dev/tollgate/metering/terms"
)

func TestCauses(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	nodes := []terms.Node{{Path: "acme", Budget: dollars("1")}}
	wrote := state{nodes: nodes, generation: 7, at: at}
	with := func(change func(*state)) state { s := wrote; change(&s); return s }
	tests := []struct {
		name       string
		state      state
		want       target
		after      time.Duration
		generation int64 // in the ledger
		cause      Cause
	}{
		{name: "nothing", state: wrote, want: target{nodes: nodes}, generation: 7},
		{name: "the first time", want: target{nodes: nodes}, cause: Started},
		{name: "the first time failed", state: state{owed: Started}, want: target{nodes: nodes}, cause: Started},
		{name: "another limit", state: wrote, want: target{nodes: []terms.Node{{Path: "acme", Budget: dollars("2")}}}, generation: 7, cause: Changed},
		{name: "a failed write", state: with(func(s *state) { s.owed = Lost }), want: target{nodes: nodes}, generation: 8, cause: Lost},
		{name: "a failed write, and a change", state: with(func(s *state) { s.owed = Lost }), want: target{}, generation: 8, cause: Changed},
		{name: "the organization is gone", state: wrote, want: target{gone: true}, generation: 7, cause: Deleted},
		{name: "gone before anything was written", want: target{gone: true}, cause: Deleted},
		{name: "an empty Redis", state: wrote, want: target{nodes: nodes}, generation: 0, cause: Lost},
		{name: "an older Redis", state: wrote, want: target{nodes: nodes}, generation: 6, cause: Lost},
		{name: "a Redis that was away", state: with(func(s *state) { s.away = true }), want: target{nodes: nodes}, generation: 7, cause: Lost},
		{name: "somebody else", state: wrote, want: target{nodes: nodes}, after: yield, generation: 8, cause: Overwritten},
		{name: "somebody else, a moment ago", state: wrote, want: target{nodes: nodes}, after: yield - 1, generation: 8},
		{name: "long ago", state: wrote, want: target{nodes: nodes}, after: refreshAfter, generation: 7, cause: Refreshed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := at.Add(tt.after)
			got := tt.state.local(tt.want, now)
			if got == "" {
				got = tt.state.remote(tt.generation, now)
			}
			if got != tt.cause {
				t.Errorf("cause %q, want %q", got, tt.cause)
			}
			tt.state.wrote(tt.want, 9, now)
			if !tt.want.gone && (tt.state.local(tt.want, now) != "" || tt.state.remote(9, now) != "") {
				t.Errorf("written, and yet there is cause to write: %+v", tt.state)
			}
		})
	}
}
