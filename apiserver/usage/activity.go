package usage

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	meter "tollgate.dev/tollgate/metering/usage"
)

// lastHours is how many hours are drawn: those up to the end of the window, also
// when the window is shorter, because a line needs more than one point.
const lastHours = 24

// drawing is the total tokens of rows, hour by hour, the oldest first. A row that
// it does not have is unknown.
type drawing map[identity][]int64

// of returns the hours of a row; nil when they are unknown.
func (d drawing) of(u *metering.Usage) []int64 {
	if u.Status.TotalTokens == nil {
		return nil
	}
	return d[sameRow(u)]
}

// wanted is what is to be drawn of one organization.
type wanted struct {
	rows       map[identity]bool
	by         map[parts]bool // the parts that rows keep: one set, unless lists were mixed
	namespaces map[string]bool
	window     window
}

func (w *wanted) add(u *metering.Usage) {
	id := sameRow(u)
	w.rows[id], w.by[id.parts()], w.namespaces[u.Namespace] = true, true, true
}

// activity reads the last hours of the rows, one range query for each
// organization. What cannot be read is left out: the rows themselves are known.
func (s *Storage) activity(ctx context.Context, items []metering.Usage) drawing {
	organizations := map[string]*wanted{}
	for i := range items {
		u := &items[i]
		if u.Status.TotalTokens == nil {
			continue
		}
		w, ok := organizations[u.Spec.Organization]
		if !ok {
			w = &wanted{rows: map[identity]bool{}, by: map[parts]bool{}, namespaces: map[string]bool{}, window: window{u.Spec.Since.UTC(), u.Spec.Until.UTC()}}
			organizations[u.Spec.Organization] = w
		}
		w.add(u)
	}
	directory := s.Directory.Snapshot()
	drawn := make(chan drawing, len(organizations))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for name, w := range organizations {
		tenant, ok, _ := directory.MimirTenant(name)
		if !ok {
			continue
		}
		projects := projectsIn(directory, name, w.namespaces)
		g.Go(func() error {
			hours, err := s.Meter.Hourly(ctx, meter.Query{
				Tenant: tenant, Organization: name, Since: w.window.firstHour(), Until: w.window.until,
			})
			if err != nil { // the cells say that it is unknown; the rows' own numbers were read
				s.failures.write(ctx, "Reading the activity of usage failed", name, err)
				return nil
			}
			drawn <- w.draw(hours, projects)
			return nil
		})
	}
	_ = g.Wait() // no function fails
	close(drawn)
	all := drawing{}
	for d := range drawn {
		maps.Copy(all, d) // organizations have no namespace in common
	}
	return all
}

// firstHour is where the drawing of a window begins: at a full hour, 24 hours
// with that in which the window ends.
func (w window) firstHour() time.Time {
	return w.until.Add(-time.Second).Truncate(time.Hour).Add(-(lastHours - 1) * time.Hour)
}

// draw adds the hours of an organization up to the rows that are wanted. A row
// whose project is not there any more is left out, for nobody looked for it.
func (w *wanted) draw(hours []meter.Slice, namespaceOf map[string]string) drawing {
	populated := map[string]bool{}
	for _, namespace := range namespaceOf {
		populated[namespace] = true
	}
	d := drawing{}
	for id := range w.rows {
		if populated[id.namespace] && (id.project == "" || namespaceOf[id.project] == id.namespace) {
			d[id] = make([]int64, len(hours))
		}
	}
	for i, h := range hours {
		for _, r := range h.Rows {
			k := r.Key.Value()
			namespace, ok := namespaceOf[k.Project]
			if !ok {
				continue
			}
			for by := range w.by {
				if row, ok := d[identify(namespace, k, by)]; ok {
					row[i] += r.Total
				}
			}
		}
	}
	return d
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
