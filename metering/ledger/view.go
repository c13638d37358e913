package ledger

import (
	"strings"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// NodeView is a node as it stands now. A stored window that has ended without
// being used since is shown as the window that is open now, with nothing spent
// or held in it.
type NodeView struct {
	Path Path
	// Applied says that the node is listed: it has terms of its own.
	Applied bool
	// Terms are those in force in the window: the node's own, or those of its
	// group's default when it is a user who is not listed. Terms.Calendar is ""
	// when the node has none, neither of its own nor by default.
	Terms
	// Next are the terms that follow at WindowEnd, nil when nothing changes.
	Next *Terms
	// DefaultTerms are a group's terms for users who are not listed, nil when
	// there are none.
	DefaultTerms *Terms
	// WindowStart names the window; WindowEnd is when it resets, zero when it
	// never does (a Total calendar). Both are zero when the node has no terms
	// and no open window.
	WindowStart, WindowEnd time.Time
	// BoundariesEnd is the last boundary written ahead for the calendar that
	// follows this window, zero when it never ends or is not known. Reserves
	// are refused from then on.
	BoundariesEnd time.Time
	// Spent and Held are nano-USD in the window.
	Spent, Held money.Amount
	// FirstUse and LastUse (kept to the minute) are zero when never used.
	FirstUse, LastUse time.Time
	// Used says that Redis has something that only a use of the node leaves
	// behind, though it may not be readable: what tells a user who is not listed
	// from one who never was.
	Used bool
	// Edited is a *CorruptError that names a limit's key and field when the open
	// window has another limit, by which most reserves go: somebody edited the
	// field, or deleted it, by hand. It is right again once the limits are
	// written, or the window ends. Terms are the field's; amounts and window are not affected.
	Edited error
	// Err is a *CorruptError that names the key when what Redis holds for this
	// node (or the group or calendar it depends on) is not what the ledger
	// wrote, or a *NoWindowError. Amounts and window are then not known and
	// zero; other nodes are not affected.
	Err error
}

// view fills v by the rules by which reserve would use the node now, without
// writing. group is that of a user.
func (r *reading) view(v *NodeView, f, group *nodeFields) {
	if v.Err = r.fill(v, f, group); v.Err == nil {
		v.Edited = r.edited(v.Path, f, group)
	} else {
		v.WindowStart, v.WindowEnd, v.Spent, v.Held = time.Time{}, time.Time{}, 0, 0
	}
}

// fill is view without what an error takes back.
func (r *reading) fill(v *NodeView, f, group *nodeFields) error {
	v.Used = f.used || f.value[fieldT0] != "" || f.err != nil && f.windowErr != nil
	if f.err != nil {
		return f.err
	}
	// The node first: who it is does not depend on its window.
	var ok bool
	if v.FirstUse, ok = instant(f.value[fieldT0]); !ok {
		return corruptField(nodeKey(v.Path), "t0")
	}
	if f.windowErr != nil {
		return f.windowErr
	}
	w, used, ok := openWindow(f)
	if !ok {
		return corruptField(openKey(r.org), nodeKey(v.Path))
	}
	if used {
		v.LastUse = time.UnixMilli(w.last).UTC()
	}
	open := used && r.now < w.end
	v.Applied = f.present[fieldLim]
	inForce, err := r.terms(v, f, group, open)
	if err != nil {
		return err
	}
	if open {
		v.setWindow(w.start, w.end)
		v.Spent, v.Held = w.spent, w.held
	}
	if !inForce {
		return nil
	}
	following := v.Calendar
	if v.Next != nil {
		following = v.Next.Calendar
	}
	cal := r.calendar(following)
	if cal.end > 0 && cal.end < never {
		v.BoundariesEnd = time.Unix(cal.end, 0).UTC()
	}
	if open {
		return nil
	}
	// The window has ended, or there was none: the one that is open now.
	if cal.err != nil {
		return cal.err
	}
	start, end, ok := cal.bounds.window(r.now)
	if !ok {
		return &NoWindowError{Path: v.Path, Level: v.Path.Level(), Calendar: v.Calendar}
	}
	v.setWindow(max(start, w.end), end)
	return nil
}

// openWindow unpacks a node's window. used is false when there is none.
func openWindow(f *nodeFields) (w window, used, ok bool) {
	if !f.used {
		return window{}, false, true
	}
	w, ok = unpackWindow(f.window)
	return w, true, ok
}

func corruptField(key, field string) error {
	return &CorruptError{Key: key, Field: field, Reason: reasonField}
}

func (v *NodeView) setWindow(start, end int64) {
	v.WindowStart = time.Unix(start, 0).UTC()
	if end < never {
		v.WindowEnd = time.Unix(end, 0).UTC()
	}
}

// terms fills the terms in force, those that follow, and a group's default.
// It returns false when the node has none.
func (r *reading) terms(v *NodeView, f, group *nodeFields, open bool) (bool, error) {
	key := nodeKey(v.Path)
	if f.present[fieldUl] {
		t, err := r.parseTerms(key, f, fieldUl, fieldUc)
		if err != nil {
			return false, err
		}
		v.DefaultTerms = &t
	}
	lim, cal := fieldLim, fieldCal
	next, nextKey, nl, nc := f, key, fieldNl, fieldNc
	switch {
	case v.Applied:
		if !open && f.present[fieldNc] {
			lim, cal = fieldNl, fieldNc
		}
	case group != nil && group.err != nil:
		return false, group.err
	case group != nil && group.present[fieldUl]:
		// An open window keeps its calendar, and the limit it had with it.
		next, nextKey, nl, nc = group, nodeKey(v.Path.Parent()), fieldUl, fieldUc
		lim, cal = fieldWl, fieldWc
		if !open || !f.present[fieldWc] || f.value[fieldWc] == group.value[fieldUc] {
			f, key, lim, cal = group, nextKey, fieldUl, fieldUc
		}
	default:
		return false, nil
	}
	t, err := r.parseTerms(key, f, lim, cal)
	if err != nil {
		return false, err
	}
	v.Terms = t
	if next.present[nc] && nc != cal {
		t, err := r.parseTerms(nextKey, next, nl, nc)
		if err != nil {
			return false, err
		}
		v.Next = &t
	}
	return true, nil
}

// parseTerms reads a limit and its calendar from two fields of a node.
func (r *reading) parseTerms(key string, f *nodeFields, lim, cal int) (Terms, error) {
	names := fieldNames()
	e, limit, ok := parseLimit(f.value[lim])
	if !f.present[lim] || !ok {
		return Terms{}, corruptField(key, names[lim])
	}
	if f.value[cal] == "" {
		return Terms{}, corruptField(key, names[cal])
	}
	return Terms{Limit: limit, Enforcement: e, Calendar: r.name(f.value[cal])}, nil
}

// calendar is a calendar as one reading found it.
type calendar struct {
	id     string
	bounds boundaries
	end    int64 // the last boundary, in seconds; 0 when there is none
	err    error
}

// name returns a calendar's id without the memory of the answer it came in.
func (r *reading) name(id string) string {
	if c, ok := r.calendars[id]; ok {
		return c.id
	}
	return strings.Clone(id)
}

// calendar returns a calendar by its id, an empty one when it was never
// applied.
func (r *reading) calendar(id string) calendar {
	if r.calErr != nil {
		return calendar{err: r.calErr}
	}
	return r.calendars[id]
}

func newCalendar(org, id string, b boundaries) calendar {
	if !b.valid() {
		return calendar{id: id, err: corruptField(calKey(org), id)}
	}
	return calendar{id: id, bounds: b, end: b.last()}
}
