package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// sweepPage is how many due entries one round trip expires.
const sweepPage = 250

// sweepErrors is how many broken entries one Sweep names.
const sweepErrors = 10

// Swept counts what one Sweep did.
type Swept struct {
	Expired   int // holds charged in full
	Forgotten int // tombstones and expired holds whose time is over
}

// Sweep charges in full the holds whose deadline has passed and forgets what
// may be forgotten, until nothing is due by Redis's clock. Any number of
// sweepers may run at once. Entries that are broken are left, named in the
// error and do not stop the others.
func (l *Ledger) Sweep(ctx context.Context, org string) (Swept, error) {
	start := time.Now()
	swept, err := l.sweep(ctx, org)
	if err != nil {
		l.observe("sweep", "error", start)
		return swept, fmt.Errorf("sweeping the holds of %s: %w", org, err)
	}
	l.observe("sweep", "ok", start)
	return swept, nil
}

func (l *Ledger) sweep(ctx context.Context, org string) (Swept, error) {
	var swept Swept
	if err := checkOrg(org); err != nil {
		return swept, err
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	var broken []error
	for left := 0; ; {
		ids, now, err := l.due(ctx, org, left)
		if err != nil || len(ids) == 0 {
			return swept, errors.Join(append(broken, err)...)
		}
		calls, kept, err := l.expiries(ctx, org, ids, now)
		if err != nil {
			return swept, errors.Join(append(broken, err)...)
		}
		if err := l.pipeline(ctx, org, calls, kept); err != nil {
			return swept, errors.Join(append(broken, err)...)
		}
		for _, c := range calls {
			switch word, err := c.outcome(); {
			case word == "expired":
				swept.Expired++
			case word == "forgotten", word == "gone":
				swept.Forgotten++
			default:
				// It stays where it is: look behind it.
				left++
				if err != nil && len(broken) < sweepErrors {
					broken = append(broken, err)
				}
			}
		}
	}
}

// due returns ids whose time has come, the earliest first, after skip others, and
// Redis's time in ms.
func (l *Ledger) due(ctx context.Context, org string, skip int) ([]string, int64, error) {
	pipe := l.client.Pipeline()
	now := l.now(ctx, pipe, org)
	page := pipe.ZRangeWithScores(ctx, dueKey(org), int64(skip), int64(skip+sweepPage-1))
	sameLayout := askLayout(ctx, pipe, org)
	if _, err := pipe.Exec(ctx); err != nil && page.Err() != nil {
		return nil, 0, named(err, dueKey(org))
	}
	if err := sameLayout(); err != nil {
		return nil, 0, err
	}
	ms, err := now()
	if err != nil {
		return nil, 0, err
	}
	var ids []string
	for _, z := range page.Val() {
		if id, ok := z.Member.(string); ok && id != sentinel && z.Score <= float64(ms) {
			ids = append(ids, id)
		}
	}
	return ids, ms, nil
}

// expiry is one call of the expire script.
type expiry struct {
	script *script
	keys   []string
	args   []any
	cmd    onceCmd
	broken error // why it cannot be called
}

// expiries reads what the ids stand for, prepares their calls, and returns those
// that a settle has left where reserve put them, though they are kept for longer.
func (l *Ledger) expiries(ctx context.Context, org string, ids []string, now int64) ([]*expiry, []redis.Z, error) {
	held, err := l.client.HMGet(ctx, openKey(org), ids...).Result()
	if err != nil {
		return nil, nil, named(err, openKey(org))
	}
	calls := make([]*expiry, 0, len(ids))
	var kept []redis.Z
	for i, id := range ids {
		packed, _ := held[i].(string)
		if len(packed) == tombBytes && (packed[0] == 's' || packed[0] == 'r') {
			if until := double([]byte(packed[9:])); until > float64(now) && until < never*1000 {
				kept = append(kept, redis.Z{Score: until, Member: id})
				continue
			}
		}
		root := nodeKey(Path(org))
		c := &expiry{
			script: l.scripts.expire,
			keys:   []string{root, root, root, root, openKey(org), dueKey(org)},
			args:   []any{id},
		}
		calls = append(calls, c)
		if len(packed) > holdBytes {
			path, ok := pathOf(org, packed[holdBytes:])
			if !ok || path.Level() != User {
				c.broken = &CorruptError{Key: openKey(org), Field: id, Reason: reasonField}
				continue
			}
			c.keys = sixKeys(path)
		}
		if l.clock != nil {
			c.args = append(c.args, l.clock())
		}
	}
	return calls, kept, nil
}

// pipeline sends the calls in one round trip, and again with the source those
// for which Redis did not know the script. Those that are kept go to the place in
// `due` where they may be forgotten; another sweeper may have been there before.
func (l *Ledger) pipeline(ctx context.Context, org string, calls []*expiry, kept []redis.Z) error {
	send := func(eval bool, kept []redis.Z, wanted func(*expiry) bool) error {
		pipe := l.client.Pipeline()
		var moved *redis.IntCmd
		if len(kept) > 0 {
			moved = pipe.ZAddArgs(ctx, dueKey(org), redis.ZAddArgs{XX: true, GT: true, Members: kept})
		}
		for _, c := range calls {
			if c.broken == nil && wanted(c) {
				c.cmd = newOnce(ctx, c.script.command(eval, c.keys, c.args))
				if err := pipe.Process(ctx, c.cmd); err != nil {
					return err
				}
			}
		}
		if pipe.Len() == 0 {
			return nil
		}
		_, err := pipe.Exec(ctx)
		var answered redis.Error
		if err != nil && !errors.As(err, &answered) {
			return err
		}
		if moved != nil {
			return named(moved.Err(), dueKey(org))
		}
		return nil
	}
	if err := send(false, kept, func(*expiry) bool { return true }); err != nil {
		return err
	}
	return send(true, nil, func(c *expiry) bool {
		return c.cmd.Err() != nil && redis.HasErrorPrefix(c.cmd.Err(), "NOSCRIPT")
	})
}

// outcome returns the script's answer, and an error unless it is an ordinary one.
func (c *expiry) outcome() (string, error) {
	if c.broken != nil {
		return "corrupt", c.broken
	}
	if err := c.cmd.Err(); err != nil {
		return "error", err
	}
	answer, err := c.script.answerOf(c.cmd.Cmd)
	if err != nil {
		return "error", err
	}
	a := answerReader{answer: answer}
	switch word := a.word(); word {
	case "expired", "forgotten", "gone", "early":
		return word, nil
	default:
		return word, fmt.Errorf("expiring %v: %w", c.args[0], a.refusal(word, ""))
	}
}

// clockLua asks for the time where the organization's keys are, which in a
// Cluster the keyless TIME would not.
const clockLua = `local t = redis.call('TIME') return t[1] * 1000 + (t[2] - t[2] % 1000) / 1000`

// now adds the server's clock to a pipeline and returns how to read it, in ms.
func (l *Ledger) now(ctx context.Context, pipe redis.Pipeliner, org string) func() (int64, error) {
	if l.clock != nil {
		ms := l.clock()
		return func() (int64, error) { return ms, nil }
	}
	cmd := pipe.Eval(ctx, clockLua, []string{nodeKey(Path(org))})
	return func() (int64, error) {
		ms, err := cmd.Int64()
		if err != nil {
			return 0, fmt.Errorf("asking Redis for its clock: %w", err)
		}
		return ms, nil
	}
}

// named names the key when a plain command met the wrong type.
func named(err error, key string) error {
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return &CorruptError{Key: key, Reason: reasonType}
	}
	return err
}

// instant reads milliseconds since 1970; "" is no instant.
func instant(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 0 || ms >= never*1000 {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}
