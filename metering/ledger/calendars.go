package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Calendars returns the ids of the calendars that an organization's ledger has,
// sorted. A caller who has begun an application passes those that Unused names
// to it.
func (l *Ledger) Calendars(ctx context.Context, org string) ([]string, error) {
	if err := checkOrg(org); err != nil {
		return nil, err
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	all, err := l.client.HGetAll(ctx, calKey(org)).Result()
	if err != nil {
		return nil, fmt.Errorf("listing the calendars of %s: %w", org, named(err, calKey(org)))
	}
	ids := make([]string, 0, len(all))
	for id := range all {
		if id != sentinel {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Unused returns those of the calendars that no node will need once an
// application is written: it does not name them, and neither do the terms that
// any node has before it, those that wait, or those of a group's users. views
// are of every path of Ledger.Paths, read after the application's generation was
// begun, so that nobody else gives a node other terms meanwhile. A node that
// cannot be read may need any.
func Unused(calendars []string, a Application, views []NodeView) []string {
	used := map[string]bool{}
	for _, c := range a.Calendars {
		used[c.ID] = true
	}
	for i := range views {
		v := &views[i]
		if corrupt(v.Err) || v.Edited != nil {
			return nil
		}
		used[v.Calendar] = true
		for _, t := range []*Terms{v.Next, v.DefaultTerms} {
			if t != nil {
				used[t.Calendar] = true
			}
		}
	}
	var unused []string
	for _, id := range calendars {
		if !used[id] {
			unused = append(unused, id)
		}
	}
	return unused
}

func corrupt(err error) bool {
	var c *CorruptError
	return errors.As(err, &c)
}
