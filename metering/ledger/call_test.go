package ledger

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// brokenInTheEnd breaks the connection of every command, of the second one only
// when its time is up.
type brokenInTheEnd struct{ commands int }

func (*brokenInTheEnd) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }
}

func (b *brokenInTheEnd) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, _ redis.Cmder) error {
		if b.commands++; b.commands == 2 {
			<-ctx.Done()
		}
		return io.EOF
	}
}

func (*brokenInTheEnd) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(context.Context, []redis.Cmder) error { return io.EOF }
}

// TestTimeIsUp has a caller whose time ends while a connection breaks: it is told
// both.
func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	client.AddHook(&brokenInTheEnd{})
	_, err := New(client, WithPatience(50*time.Millisecond)).Settle(t.Context(), "request-1", "acme.chat.eng.ann", 5)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
