package usage

import (
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/selector"
)

const (
	fieldModel  = "model"
	fieldWindow = "window"
	fieldSince  = "since"
	fieldUntil  = "until"
	fieldBy     = "by"
	fieldTop    = "top"

	// mostTop is the largest top.
	mostTop = 1000
)

// FieldSelectors are the keys that field selectors of usage may hold.
func FieldSelectors() []string {
	return []string{selector.Name, selector.Namespace, fieldModel, fieldWindow, fieldSince, fieldUntil, fieldBy, fieldTop}
}

func labelKeys() []string {
	return []string{metering.LabelOrganization, metering.LabelProject, metering.LabelGroup, metering.LabelUser}
}

// parts are the parts of a row's identity that are kept; the others are added up.
type parts struct{ project, group, user, model bool }

func allParts() parts { return parts{true, true, true, true} }

// query is a list call that was understood.
type query struct {
	resource.Query
	model  string // "" for all
	window window
	by     parts
	top    int // 0 for all
}

func (s *Storage) parseQuery(namespace string, opts *internalversion.ListOptions, now time.Time) (q query, err error) {
	if q.Query, err = s.Query(s.Tokens, namespace, opts, FieldSelectors(), labelKeys()); err != nil {
		return query{}, err
	}
	q.model = q.Fields[fieldModel]
	if q.by, err = parseBy(q.Fields[fieldBy]); err != nil {
		return query{}, err
	}
	if q.top, err = parseTop(q.Fields[fieldTop]); err != nil {
		return query{}, err
	}
	// A list that goes on counts what its first page counted: now is another time, and a window that ended then would move.
	_, continued := q.Page.After()
	if continued {
		q.window, err = parsePinned(q.Page.Pinned(), now)
	} else {
		q.window, err = parseWindow(q.Fields[fieldWindow], q.Fields[fieldSince], q.Fields[fieldUntil], now)
	}
	if err != nil {
		return query{}, err
	}
	q.Page = q.Page.Pin(q.window.String())
	if q.top > 0 && continued {
		return query{}, refuse("top=%d is answered in one page: leave continue out", q.top)
	}
	return q, q.refuseAddedUp()
}

// parseBy reads one part, or several joined with +. Without any all are kept.
func parseBy(s string) (parts, error) {
	if s == "" {
		return allParts(), nil
	}
	var p parts
	for part := range strings.SplitSeq(s, "+") {
		field, ok := map[string]*bool{"project": &p.project, "group": &p.group, "user": &p.user, "model": &p.model}[part]
		if !ok {
			return parts{}, refuse("by=%s is not understood: allowed are project, group, user and model, or several joined with + (project+model)", s)
		}
		if *field {
			return parts{}, refuse("by=%s names %s twice", s, part)
		}
		*field = true
	}
	return p, nil
}

// refuseAddedUp refuses a label selector on a part that is added up: rows would
// not have the label, and the selector would silently match none or all of them.
func (q query) refuseAddedUp() error {
	kept := map[string]bool{
		metering.LabelOrganization: true, metering.LabelProject: q.by.project, metering.LabelGroup: q.by.group, metering.LabelUser: q.by.user,
	}
	requirements, _ := q.Labels.Requirements()
	for _, r := range requirements {
		if !kept[r.Key()] {
			return refuse("by adds %s up, but the label selector asks for it: keep it with +%s", r.Key(), r.Key())
		}
	}
	return nil
}

func parseTop(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostTop || s[0] == '+' {
		return 0, refuse("top=%s is not understood: give a whole number from 1 to %d", s, mostTop)
	}
	return n, nil
}

// wantsOrganization tells whether the label selector can match a row of it.
func (q query) wantsOrganization(name string) bool {
	return q.CanMatch(metering.LabelOrganization, name)
}
