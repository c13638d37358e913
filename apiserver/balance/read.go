package balance

import (
	"context"
	"fmt"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

// maxWarnings is how many different warnings one answer carries.
const maxWarnings = 3

// Answer is what is known of rows.
type Answer struct {
	// Statuses in the order of the rows.
	Statuses []metering.BudgetStatus
	// Views in the order of the rows, nil where the ledger was not read.
	Views []*ledger.NodeView
	// Warnings for the whole answer, each a sentence.
	Warnings []string
}

// Within returns a context that ends when the ledgers have had their time.
func (f *Fetcher) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, f.timeout)
}

// Read returns the statuses of rows: one call per organization, in parallel.
// Down names organizations whose ledger is known not to answer, which are not
// asked again. Rows that are not accepted are never asked for.
func (f *Fetcher) Read(ctx context.Context, rows []*Row, down map[string]*Unavailable) Answer {
	a := Answer{Statuses: make([]metering.BudgetStatus, len(rows)), Views: make([]*ledger.NodeView, len(rows))}
	wants, at := wantsOf(rows, down)
	got := f.Nodes(ctx, wants)
	statuses := NewStatuses(f.now())
	var warnings warnings
	for i, place := range at {
		switch {
		case place.want >= 0 && got[place.want].Err == nil:
			a.Views[i] = &got[place.want].Views[place.path]
			a.Statuses[i] = statuses.Known(rows[i], a.Views[i])
			if why := unreadable(a.Views[i]); why != nil {
				warnings.add(why.Message)
			}
		case rows[i].Accepted():
			why := down[rows[i].owner.Organization.Name]
			if place.want >= 0 {
				why = got[place.want].Err
			}
			a.Statuses[i] = statuses.Unknown(rows[i], why)
			warnings.add(why.Message)
		default:
			a.Statuses[i] = statuses.NotAccepted(rows[i])
		}
	}
	a.Warnings = warnings.sentences()
	return a
}

// place is where a row's view is found; want is -1 when it was not asked for.
type place struct{ want, path int }

// wantsOf groups the accepted rows by organization.
func wantsOf(rows []*Row, down map[string]*Unavailable) ([]Want, []place) {
	var wants []Want
	byOrg := map[string]int{}
	at := make([]place, len(rows))
	for i, r := range rows {
		at[i].want = -1
		org := r.owner.Organization
		if !r.Accepted() || r.Path == "" || down[org.Name] != nil {
			continue
		}
		w, ok := byOrg[org.Name]
		if !ok {
			w = len(wants)
			byOrg[org.Name] = w
			wants = append(wants, Want{Organization: org, Paths: make([]ledger.Path, 0, len(rows)-i)})
		}
		at[i] = place{want: w, path: len(wants[w].Paths)}
		wants[w].Paths = append(wants[w].Paths, r.Path)
	}
	return wants, at
}

// warnings collects different texts.
type warnings struct {
	texts []string
	seen  map[string]bool
}

func (w *warnings) add(text string) {
	if w.seen[text] {
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[text] = true
	w.texts = append(w.texts, text)
}

// sentences returns the first few texts, and how many were left out.
func (w *warnings) sentences() []string {
	if len(w.texts) <= maxWarnings {
		return w.texts
	}
	return append(w.texts[:maxWarnings:maxWarnings],
		fmt.Sprintf("%d more warnings: see the conditions of the rows", len(w.texts)-maxWarnings))
}
