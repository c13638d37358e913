package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// onceCmd is a command that go-redis sends at most once, whatever MaxRetries
// says: a retry that the ledger does not see would make the answer `gone`
// ambiguous. MOVED and ASK are followed, because they say that nothing ran.
type onceCmd struct{ *redis.Cmd }

// NoRetry tells go-redis not to send the command again.
func (onceCmd) NoRetry() bool { return true }

// Clone keeps NoRetry.
func (c onceCmd) Clone() redis.Cmder {
	return onceCmd{redis.NewCmd(context.Background(), append([]any(nil), c.Args()...)...)}
}

func newOnce(ctx context.Context, args []any) onceCmd {
	return onceCmd{redis.NewCmd(ctx, args...)}
}

// Retries wait from firstBackoff, doubling, up to lastBackoff.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = 500 * time.Millisecond
)

// errAnswer is wrapped when Redis answers what no script of the ledger answers.
var errAnswer = errors.New("the answer is not the ledger's; is this the Redis of the ledger, and the same version of its scripts?")

// run calls a script until Redis answers, with the same arguments, so with the
// same request id. It gives up with ctx, or after l.patience when ctx has no
// deadline.
func (l *Ledger) run(ctx context.Context, s *script, keys []string, args ...any) ([]any, error) {
	if l.clock != nil {
		args = append(args, l.clock())
	}
	answer, err := l.once(ctx, s, keys, args)
	if err == nil || !again(ctx, err) {
		return answer, err
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	for wait := firstBackoff; ; wait = min(2*wait, lastBackoff) {
		if redis.HasErrorPrefix(err, "TRYAGAIN") {
			l.makeKeys(ctx, s, keys)
		}
		if stop := sleep(ctx, wait); stop != nil {
			return nil, fmt.Errorf("no answer from Redis in time: %w (last: %w)", stop, err)
		}
		answer, err = l.once(ctx, s, keys, args)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no answer from Redis in time: %w (last: %w)", context.Cause(ctx), err)
		}
		if !again(ctx, err) {
			return nil, err
		}
	}
}

// once sends a script one time, or a second time with its source when Redis
// says that it does not know it.
func (l *Ledger) once(ctx context.Context, s *script, keys []string, args []any) ([]any, error) {
	cmd := newOnce(ctx, s.command(false, keys, args))
	err := l.client.Process(ctx, cmd)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = newOnce(ctx, s.command(true, keys, args))
		err = l.client.Process(ctx, cmd)
	}
	if err != nil {
		return nil, err
	}
	return s.answerOf(cmd.Cmd)
}

// answerOf returns a script's answer: a list that begins with a word.
func (s *script) answerOf(cmd *redis.Cmd) ([]any, error) {
	answer, ok := cmd.Val().([]any)
	if !ok && s.short != "" {
		switch v := cmd.Val().(type) {
		case string, int64:
			return []any{s.short, v}, nil
		}
	}
	if !ok || len(answer) == 0 {
		return nil, fmt.Errorf("%v: %w", cmd.Val(), errAnswer)
	}
	if _, ok := answer[0].(string); !ok {
		return nil, fmt.Errorf("%v: %w", answer, errAnswer)
	}
	return answer, nil
}

// makeKeys makes the keys that a script may find missing. While a slot moves,
// Redis answers TRYAGAIN to a script some of whose keys are not where the
// others are, and a key that never existed is nowhere. A command of one key
// finds or makes its key on the right side. Failures show at the next try.
func (l *Ledger) makeKeys(ctx context.Context, s *script, keys []string) {
	switch s {
	case l.scripts.reserve, l.scripts.record:
		l.client.HSetNX(ctx, keys[3], "t0", "")
	case l.scripts.apply:
		l.client.HSetNX(ctx, keys[0], "t0", "")
		l.client.HSetNX(ctx, keys[1], sentinel, "")
		l.client.ZAddNX(ctx, keys[2], redis.Z{Score: math.Inf(1), Member: sentinel})
		l.client.HSetNX(ctx, keys[3], sentinel, "")
		l.client.ZAddNX(ctx, keys[4], redis.Z{Score: math.Inf(-1), Member: sentinel})
		for _, k := range keys[5:] {
			l.client.HSetNX(ctx, k, "t0", "")
		}
	}
}

// bounded gives ctx a deadline when it has none.
func (l *Ledger) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, l.patience)
}

// again says whether a failed command is worth sending again: connections that
// broke and servers that are about to be somewhere else, but nothing that
// would fail again.
func again(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, errAnswer) || errors.Is(err, redis.ErrClosed) {
		return false
	}
	var answered redis.Error
	if !errors.As(err, &answered) {
		return true
	}
	for _, p := range [...]string{
		"TRYAGAIN", "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "MOVED", "ASK", "BUSY",
		"ERR max number of clients",
	} {
		if strings.HasPrefix(answered.Error(), p) {
			return true
		}
	}
	return false
}

// sleep waits for about d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
