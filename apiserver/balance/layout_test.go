package balance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/metering/ledger"
)

func TestALedgerOfAnotherVersionIsNotRead(t *testing.T) {
	t.Parallel()
	r := &reader{err: fmt.Errorf("reading: %w", &ledger.LayoutError{Organization: "acme", Found: 7})}
	f := balance.NewFetcher(set{"default": r}, time.Minute, time.Now)
	for range 2 { // it answers, so it is not taken for one that is away
		a := f.Read(t.Context(), []*balance.Row{orgRow("acme", "default")}, nil)
		if got := summarize(a.Statuses[0]); got.Available != balance.ReasonLedgerLayout || got.State != "Unknown" || got.Spent != "" {
			t.Errorf("got %+v", got)
		}
		if text := strings.Join(a.Warnings, " "); !strings.Contains(text, "layout 7") {
			t.Errorf("nobody is told: %q", text)
		}
	}
}
