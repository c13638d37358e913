package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"encoding/binary"
	"math"

	"github.com/redis/go-redis/v9"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
)

// floor is the least that such a list costs: one pipelined fetch of the same
// keys, the same list built from them, encoding/json of it.
type floor struct {
	client *redis.Client
	rows   []metering.Budget // all but amounts
	keys   []string
}

func newFloor(client *redis.Client, list metering.BudgetList) (*floor, error) {
	f := &floor{client: client, rows: list.Items}
	for _, b := range list.Items {
		f.keys = append(f.keys, "tg:{"+org+"}:b:"+org+"."+b.Name)
	}
	// It must build what the server answers, or it is the floor of something else.
	built, err := f.build(context.Background())
	if err != nil {
		return nil, err
	}
	for i, b := range built.Items {
		if got, want := b.Status, list.Items[i].Status; got.Spent != want.Spent || got.Remaining != want.Remaining || got.UsedPercent != want.UsedPercent {
			return nil, fmt.Errorf("the floor's %s has spent %s, the server's %s", b.Name, got.Spent, want.Spent)
		}
	}
	return f, nil
}

func (f *floor) close() { _ = f.client.Close() }

func (f *floor) run(ctx context.Context) error {
	list, err := f.build(ctx)
	if err != nil {
		return err
	}
	_, err = json.Marshal(list)
	return err
}

func (f *floor) build(ctx context.Context) (*metering.BudgetList, error) {
	pipe := f.client.Pipeline()
	cmds := make([]*redis.SliceCmd, len(f.keys))
	for i, key := range f.keys {
		cmds[i] = pipe.HMGet(ctx, key, "lim")
	}
	windows := pipe.HMGet(ctx, "tg:{"+org+"}:open", f.keys...)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("fetching: %w", err)
	}
	list := &metering.BudgetList{Items: make([]metering.Budget, len(f.rows))}
	for i := range cmds {
		b := &list.Items[i]
		f.rows[i].DeepCopyInto(b)
		w, ok := windows.Val()[i].(string)
		if !ok || len(w) < 48 {
			return nil, errors.New("a window is missing")
		}
		spent := money.Amount(double(w[16:24])*1e12 + double(w[24:32]))
		held := money.Amount(double(w[32:40]))
		limit, err := money.Parse(b.Spec.Limit)
		if err != nil {
			return nil, err
		}
		b.Status.Spent, b.Status.Held = spent.String(), held.String()
		b.Status.Remaining = max(0, limit-spent-held).String()
		tenths := int64(float64(spent+held) / float64(limit) * 1000)
		b.Status.UsedPercent = fmt.Sprintf("%d.%d", tenths/10, tenths%10)
	}
	return list, nil
}

func double(b string) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64([]byte(b)))
}
