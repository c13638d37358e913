package ledger

// An open window repeats limits that other fields say (docs/ledger.md, Packed
// values), and the usual reserve goes by what the window says. Both are written
// together, so where they differ somebody edited a field by hand.

// noTerms is what a window repeats where there is no limit to repeat.
const noTerms = 1e17

const reasonEdited = "differs from what the open window repeats, by which most reserves go: it was edited or deleted by hand"

// limitNumber is a limit as windows repeat it: `code` of common.lua.
func limitNumber(lim string, present bool) (float64, bool) {
	if !present {
		return noTerms, true
	}
	e, limit, ok := parseLimit(lim)
	switch {
	case !ok:
		return 0, false
	case e == None:
		return -1, true
	case e == Block:
		return float64(limit), true
	}
	return float64(-2 - limit), true
}

// says is whether a field holds the limit that n repeats.
func (f *nodeFields) says(field int, n float64) bool {
	limit, ok := limitNumber(f.value[field], f.present[field])
	return ok && limit == n
}

// edited returns a *CorruptError that names the field of a node whose limit is
// not the one that its open window repeats, nil when there is none. group is
// that of a user: one who is not listed lives on its limit.
func (r *reading) edited(p Path, f, group *nodeFields) error {
	if group != nil && !f.present[fieldLim] {
		if w, open := r.open(group); open && !group.says(fieldUl, w.also) {
			return corruptEdited(p.Parent(), fieldUl)
		}
	}
	w, open := r.open(f)
	if !open {
		return nil
	}
	limit, also := fieldLim, 0.0
	switch p.Level() {
	case Group:
		if !f.says(fieldUl, w.also) {
			return corruptEdited(p, fieldUl)
		}
		also = w.also
	case User:
		if !f.present[fieldLim] && w.also == 1 {
			limit, also = fieldWl, 1
		}
	}
	if w.also != also || !f.says(limit, w.limit) {
		return corruptEdited(p, limit)
	}
	return nil
}

// open returns a node's window when it is open.
func (r *reading) open(f *nodeFields) (window, bool) {
	w, used, ok := openWindow(f)
	return w, used && ok && r.now < w.end
}

func corruptEdited(p Path, field int) error {
	return &CorruptError{Key: nodeKey(p), Field: fieldNames()[field], Reason: reasonEdited}
}
