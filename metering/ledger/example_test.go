package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

// One request of a gateway: reserve before it goes out, settle when its cost is
// known, and record when Redis lost the hold.
func ExampleLedger() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	l := ledger.New(client)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()

	const user, id = ledger.Path("acme.chat.engineers.alice"), "3f2a9c04-request"
	grant, err := l.Reserve(ctx, ledger.Reservation{ID: id, Path: user, Amount: 25 * money.Dollar / 100, TTL: 2 * time.Minute})
	var refused *ledger.RefusedError
	switch {
	case errors.As(err, &refused):
		fmt.Println("429:", refused)
		return
	case err != nil:
		// No answer: there may be a hold. Nothing was spent, so take it back.
		_, err := l.Settle(context.Background(), id, user, 0)
		fmt.Println("503:", err)
		return
	}

	cost := 3 * money.Dollar / 100 // what the request came to
	if _, err := l.Settle(ctx, id, user, cost); errors.Is(err, ledger.ErrGone) && time.Now().Before(grant.Deadline) {
		err = l.Record(ctx, id, user, cost)
		fmt.Println(err)
	}
}
