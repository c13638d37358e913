package ledger

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestRemovedNodesRefuseWhateverTheySpent removes a project, a group or a user
// whose open window holds more than any limit, up to beyond what doubles hold
// exactly: no sum may make the lack of terms look like room.
func TestRemovedNodesRefuseWhateverTheySpent(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	const record = 8_700_000 * money.Dollar
	for level, removed := range map[Level]string{Project: ".chat", Group: ".chat.eng", User: ".chat.eng.alice"} {
		for _, records := range []int{1, 10, 11, 12, 120} {
			org := fmt.Sprintf("org-%d-%d", level, records)
			t.Run(fmt.Sprintf("%s after %d records", level, records), func(t *testing.T) {
				user := Path(org + ".chat.eng.alice")
				total := Calendar{ID: "Total", Total: true}
				terms := Terms{Calendar: "Total"}
				var nodes []NodeTerms
				for _, p := range []Path{Path(org), Path(org + ".chat"), Path(org + ".chat.eng"), user} {
					if string(p) != org+removed {
						nodes = append(nodes, NodeTerms{Path: p, Terms: terms})
					}
				}
				all := append([]NodeTerms{{Path: Path(org + removed), Terms: terms}}, nodes...)
				listed(t, l, org, []Calendar{total}, all...)
				for i := range records {
					if err := l.Record(t.Context(), fmt.Sprintf("record-%04d", i), user, record); err != nil {
						t.Fatal(err)
					}
				}
				g, err := l.NextGeneration(t.Context(), org)
				if err != nil {
					t.Fatal(err)
				}
				if err := l.Apply(t.Context(), org, Application{Generation: g, Calendars: []Calendar{total}, Nodes: nodes, Removed: []Path{Path(org + removed)}}); err != nil {
					t.Fatal(err)
				}
				_, err = l.Reserve(t.Context(), Reservation{ID: "request-1", Path: user, Amount: money.Dollar, TTL: time.Minute})
				var unknown *UnknownError
				if !errors.As(err, &unknown) || unknown.Level != level {
					t.Errorf("reserve below a removed %s answered %v, want unknown at its level", level, err)
				}
			})
		}
	}
}
