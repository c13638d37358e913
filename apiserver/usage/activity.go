package usage

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	meter "tollgate.dev/tollgate/metering/usage"
)

// lastHours is how many hours are drawn: those up to the end of the window, also
// when the window is shorter, because a line needs more than one point.
const lastHours = 24

// drawing is the total tokens of rows, hour by hour.
type drawing struct {
	hours map[identity][]int64
	// known are the organizations that were read, and how many hours each has.
	known map[string]int
}

// of returns the hours of a row, the oldest first; nil when they are unknown.
func (d drawing) of(u *metering.Usage) []int64 {
	n, ok := d.known[u.Spec.Organization]
	if !ok || u.Status.TotalTokens == nil {
		return nil
	}
	if hours, ok := d.hours[sameRow(u)]; ok {
		return hours
	}
	return make([]int64, n)
}

// activity reads the last hours of the rows, one range query for each
// organization. What cannot be read is left out: the rows themselves are known.
func (s *Storage) activity(ctx context.Context, items []metering.Usage) drawing {
	d := drawing{hours: map[identity][]int64{}, known: map[string]int{}}
	type wanted struct {
		rows       map[identity]bool
		namespaces map[string]bool
		by         parts
		window     window
	}
	organizations := map[string]*wanted{}
	for i := range items {
		u := &items[i]
		if u.Status.TotalTokens == nil {
			continue
		}
		w, ok := organizations[u.Spec.Organization]
		if !ok {
			w = &wanted{rows: map[identity]bool{}, namespaces: map[string]bool{}, by: keptParts(u), window: window{u.Spec.Since.UTC(), u.Spec.Until.UTC()}}
			organizations[u.Spec.Organization] = w
		}
		w.rows[sameRow(u)], w.namespaces[u.Namespace] = true, true
	}
	directory := s.Directory.Snapshot()
	results := make(chan func(), len(organizations))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for name, w := range organizations {
		tenant, ok, _ := directory.MimirTenant(name)
		if !ok {
			continue
		}
		projects := projectsIn(directory, name, w.namespaces)
		g.Go(func() error {
			slices, err := s.Meter.Hourly(ctx, meter.Query{
				Tenant: tenant, Organization: name, Since: w.window.firstHour(), Until: w.window.until,
			})
			if err != nil {
				return nil // the cell says that it is unknown; the rows' own numbers were read
			}
			results <- func() {
				d.known[name] = len(slices)
				d.draw(slices, projects, w.rows, w.by)
			}
			return nil
		})
	}
	_ = g.Wait()
	close(results)
	for apply := range results {
		apply()
	}
	return d
}

// firstHour is where the drawing of a window begins: at a full hour, 24 hours
// with that in which the window ends.
func (w window) firstHour() time.Time {
	return w.until.Add(-time.Second).Truncate(time.Hour).Add(-(lastHours - 1) * time.Hour)
}

// draw adds the hours of an organization up to the rows that are wanted.
func (d drawing) draw(hours []meter.Slice, namespaceOf map[string]string, wanted map[identity]bool, by parts) {
	for i, h := range hours {
		for _, r := range h.Rows {
			k := r.Key.Value()
			namespace, ok := namespaceOf[k.Project]
			if !ok {
				continue
			}
			id := identify(namespace, k, by)
			if !wanted[id] {
				continue
			}
			if d.hours[id] == nil {
				d.hours[id] = make([]int64, len(hours))
			}
			d.hours[id][i] += r.Total
		}
	}
}

// sparkline draws hours as blocks, the largest full; an hour without any is a dot.
func sparkline(hours []int64) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	most := int64(0)
	if len(hours) > 0 {
		most = slices.Max(hours)
	}
	out := make([]rune, len(hours))
	for i, n := range hours {
		switch {
		case n <= 0:
			out[i] = '·'
		default:
			// float64 is good enough for eight steps
			out[i] = blocks[min(len(blocks)-1, int(float64(n)/float64(most)*float64(len(blocks))))]
		}
	}
	return string(out)
}
